// prom-client-lib — types for the parts of prom-client that are loaded one by one: the whole of it takes 8 MiB more, most of
// them for OpenTelemetry, push gateways and clusters. The version is pinned, and a test scrapes through these files.

declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}
declare module 'prom-client/lib/counter.js' {
  export { Counter as default } from 'prom-client';
}
declare module 'prom-client/lib/gauge.js' {
  export { Gauge as default } from 'prom-client';
}
declare module 'prom-client/lib/histogram.js' {
  export { Histogram as default } from 'prom-client';
}
