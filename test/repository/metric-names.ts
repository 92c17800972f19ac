// metric-names — Prometheus's rules for names of metrics, held against the text of a scrape.

/** https://prometheus.io/docs/practices/naming; names and units of CoreDNS are what they are. */
export function metricProblems(scrape: string): string[] {
  const types = new Map(
    [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
  );
  const helps = new Map(
    [...scrape.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name!, help!]),
  );
  return [...types].flatMap(([name, type]) => [
    ...(/^(coredns|twindns|process|nodejs)(_[a-z0-9]+)+$/.test(name)
      ? []
      : [`${name}: not one of our prefixes`]),
    ...(type === 'counter' && !name.endsWith('_total') ? [`${name}: a counter ends in _total`] : []),
    ...(type !== 'counter' && name.endsWith('_total') ? [`${name}: only a counter ends in _total`] : []),
    ...(otherUnits.test(name) ? [`${name}: units are seconds and bytes`] : []),
    ...(type === 'histogram' && !/_(seconds|bytes)$/.test(name)
      ? [`${name}: a histogram ends in its unit`]
      : []),
    ...(helps.get(name)?.trim() ? [] : [`${name}: no help`]),
  ]);
}

const otherUnits =
  /_(ms|milliseconds|micros|microseconds|nanoseconds|minutes|hours|kb|kib|mb|mib|kilobytes|megabytes|percent)(_|$)/;
