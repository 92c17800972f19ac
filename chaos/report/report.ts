// report — a run of the chaos suite as one page of HTML that needs nothing else: no script, no font, no request.

import { scenariosOf } from './by-scenario.ts';
import { legend } from './legend.ts';
import { style } from './look.ts';
import { Markup, markup } from './markup.ts';
import type { ChaosRun } from './outcome.ts';
import { outcomeTable } from './outcome-table.ts';
import { scenarioSection } from './scenario-section.ts';
import { runFacts, summary } from './summary.ts';

export function renderReport(run: ChaosRun): string {
  const scenarios = scenariosOf(run.outcomes);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>twindns ${run.twindns}: chaos report</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>twindns in disasters</h1>
${summary(run, scenarios)}
${runFacts(run)}
</header>
<main>
${
  scenarios.length === 0
    ? undefined
    : markup`<section><h2>All outcomes</h2>
${outcomeTable(scenarios)}
</section>
${legend()}
${scenarios.map(scenarioSection)}`
}</main>
</body>
</html>
`.toString();
}

// ---------------------------------------------------------------------------------------------------------------------

/** Even if something slipped in, a browser would neither run nor fetch it. The empty icon saves a request, too. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
