// look — the style of the report: a quiet page in light or dark, on a phone or on paper; red is kept for lost queries.

/** Of the page, and of a picture that stands alone. */
export const palette = `:root {
  --paper: #ffffff; --ink: #0f172a; --quiet: #5b6b80; --rule: #e2e8f0; --soft: #f6f8fa;
  --ours: #0d7f75; --peer: #6b7f99; --lost: #d92d20; --worst: #64748b; --fall: #475569;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #0f141b; --ink: #e6ebf2; --quiet: #93a1b5; --rule: #263140; --soft: #161d27;
    --ours: #35b9aa; --peer: #8ea2bd; --lost: #ff6a5c; --worst: #8a9ab0; --fall: #aab6c6;
  }
}
`;

/** What the pictures are drawn in. */
export const drawing = `.chart { display: block; width: 100%; height: auto; overflow: visible; --subject: var(--peer); }
.chart.twindns { --subject: var(--ours); }
svg text { fill: var(--ink); font-size: 10.5px; }
svg .title { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
svg .quiet { fill: var(--quiet); }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg path { fill: none; }
svg .grid { stroke: var(--rule); }
svg .tick { stroke: var(--ink); }
svg .fall { stroke: var(--fall); stroke-width: 0.6; opacity: 0.4; }
svg .hit { fill: transparent; }
svg .hit:hover { fill: var(--quiet); fill-opacity: 0.35; }
svg path.area { fill: var(--subject); fill-opacity: 0.16; }
svg .answered { stroke: var(--subject); stroke-width: 1.2; }
svg .sent { stroke: var(--quiet); stroke-width: 0.8; stroke-dasharray: 2 2; }
svg .lost { fill: var(--lost); }
svg .p50 { stroke: var(--subject); stroke-width: 1.4; stroke-linejoin: round; }
svg .worst { stroke: var(--worst); stroke-width: 2.3; stroke-linecap: round; }
`;

export const style = `
${palette}* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  max-width: 1180px; margin: 0 auto; padding: clamp(20px, 4vw, 48px) clamp(16px, 3.5vw, 40px) 64px;
  font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1, h2, h3, p, ul, figure, dl, dd { margin: 0; padding: 0; }
h1 { font-size: clamp(26px, 4vw, 36px); line-height: 1.15; letter-spacing: -0.025em; }
h2 { font-size: 20px; line-height: 1.3; letter-spacing: -0.012em; }
h3 { font-size: 15px; }
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
code { font: 0.93em ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace; }
strong.lost, td.lost, .figure.lost { color: var(--lost); }
.quiet { color: var(--quiet); }
.lead { max-width: 74ch; margin-top: 14px; font-size: clamp(16px, 1.6vw, 18px); text-wrap: pretty; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 230px), 1fr)); gap: 14px; margin-top: 26px; }
.tile { padding: 16px 18px; border: 1px solid var(--rule); border-radius: 8px; font-size: 13px; line-height: 1.45; }
.tile.twindns { border-color: var(--ours); }
.tile h2 { font-size: 14px; letter-spacing: 0; }
.tile.twindns h2, .twindns h3, tr.twindns th { color: var(--ours); }
.figure { font-size: 40px; font-weight: 650; line-height: 1.15; letter-spacing: -0.03em; }
.tile .quiet { margin-top: 6px; }
.run { display: flex; flex-wrap: wrap; gap: 8px 28px; margin-top: 26px; font-size: 13px; }
.run dt { color: var(--quiet); font-size: 12px; }
section { margin-top: 44px; padding-top: 26px; border-top: 1px solid var(--rule); }
.purpose { max-width: 74ch; margin-top: 6px; color: var(--quiet); text-wrap: pretty; }
.faults { max-width: 80ch; margin-top: 12px; padding: 10px 14px 10px 32px; background: var(--soft); border-left: 3px solid var(--ink); }

.verdict { display: inline-block; padding: 1px 8px; border: 1px solid var(--rule); border-radius: 99px; font-size: 12px; font-weight: 500; line-height: 1.5; letter-spacing: 0; white-space: nowrap; vertical-align: 0.18em; }
.verdict.held b { color: var(--ours); }
.verdict.shown { color: var(--quiet); }
.verdict.broken { border-color: var(--ink); background: var(--ink); color: var(--paper); print-color-adjust: exact; -webkit-print-color-adjust: exact; }

.wide { margin-top: 12px; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 1.35; white-space: nowrap; }
caption { caption-side: bottom; padding-top: 10px; color: var(--quiet); font-size: 12px; text-align: left; white-space: normal; }
th, td { padding: 4px 0 4px 14px; text-align: right; vertical-align: baseline; }
th:first-child { padding-left: 0; text-align: left; }
th { font-weight: 500; }
thead th { color: var(--quiet); font-size: 12px; border-bottom: 1px solid var(--rule); }
.words { text-align: left; }
th.group { padding-top: 16px; font-weight: 650; }
th.group a { position: sticky; left: 0; text-decoration: none; }
th.group a:hover { text-decoration: underline; }
tr.first th, tr.first td { border-top: 1px solid var(--rule); }
tr.first th { position: sticky; left: 0; background: var(--paper); }
tr.next td { padding-top: 0; }
td.lost { font-weight: 650; }
td .verdict { vertical-align: 0; }

.legend ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 6px 24px; margin-top: 12px; list-style: none; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 10px; }
.legend svg { flex: none; width: 28px; height: 14px; --subject: var(--ours); }
.legend p { max-width: 74ch; margin-top: 6px; color: var(--quiet); }

.subjects { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 28px 24px; margin-top: 20px; }
/* Pictures begin at one height, however many lines stand above them. */
figure { display: grid; grid-row: span 3; grid-template-rows: subgrid; row-gap: 0; max-width: 480px; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; align-content: start; margin-bottom: 10px; font-size: 14px; }
figcaption p { flex-basis: 100%; }
.facts { margin-top: 6px; color: var(--quiet); font-size: 12.5px; line-height: 1.45; }
.facts p + p { margin-top: 3px; }

${drawing}
@page { margin: 13mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  section { margin-top: 20px; padding-top: 14px; }
  h2, .tile, figure, tr, .legend { break-inside: avoid; }
  h2, .purpose, figcaption { break-after: avoid; }
  .subjects { grid-template-columns: repeat(3, 1fr); gap: 14px; break-inside: avoid; }
  .tiles { grid-template-columns: repeat(3, 1fr); }
  .wide { overflow: visible; }
  table, thead th { font-size: 7.2pt; }
  th, td { padding: 2px 0 2px 6px; }
  table .verdict { padding: 0; border: 0; font-size: inherit; }
  .facts { font-size: 7.5pt; }
}
`;
