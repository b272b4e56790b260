/** The page's style: one column, light or dark as the reader's system is, no fonts but those at hand. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1b1f24; --quiet: #5b6470; --rule: #d9dee4; --shade: #f4f6f8; --mark: #6b7280;
  --better: #157347; --worse: #b42318;
  --r0: #2563eb; --r1: #c2410c; --r2: #0f8a5f; --r3: #be185d; --r4: #6d28d9; --r5: #0e7490;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --ink: #e6e9ed; --quiet: #9aa4b0; --rule: #323a44; --shade: #1c2229; --mark: #9aa4b0;
    --better: #4cc38a; --worse: #ff8577;
    --r0: #6ea8fe; --r1: #fb923c; --r2: #4ade9f; --r3: #f472b6; --r4: #b794f6; --r5: #5ccfe6;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 20px 64px; max-width: 1080px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 8px; }
p { margin: 6px 0 12px; max-width: 78ch; }
.quiet, figcaption { color: var(--quiet); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 20px 0; }
.card { background: var(--shade); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
.card span { display: block; color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin: 8px 0; min-width: 50%; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; font-weight: 400; }
thead th { color: var(--quiet); font-size: 12.5px; }
.number { text-align: right; }
td.number.quiet { text-align: left; }
th.number.quiet { text-align: left; }
.better { color: var(--better); font-weight: 600; }
.worse { color: var(--worse); font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
#curves { min-width: 640px; }
svg text { font: 11px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--quiet); }
svg .label { fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.grid { stroke: var(--rule); stroke-width: 1; }
.axis, .diagonal { stroke: var(--mark); stroke-width: 1; }
.diagonal { stroke-dasharray: 4 4; }
.box { fill: none; stroke: var(--rule); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.headline { stroke: var(--own); }
.line.other { stroke: var(--own); stroke-width: 1.25; stroke-dasharray: 5 4; opacity: .75; }
.line.zero { stroke: var(--mark); stroke-width: 1.5; }
.band { fill: var(--own); opacity: .13; }
.several .band { opacity: .06; stroke: var(--own); stroke-opacity: .8; }
.whisker { stroke: var(--own); stroke-width: 1.5; }
.chosen { fill: var(--page); stroke: var(--own); stroke-width: 2; }
.dot { fill: var(--own); opacity: .8; }
.uncertain { fill: var(--own); fill-opacity: .02; stroke: var(--own); stroke-opacity: .25; }
.control { fill: var(--mark); stroke: var(--mark); stroke-width: 1.5; }
.marker { fill: var(--own); stroke: var(--page); stroke-width: 2.5; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 5px; background: var(--own); margin-right: 4px; }
.router-0 { --own: var(--r0); } .router-1 { --own: var(--r1); } .router-2 { --own: var(--r2); }
.router-3 { --own: var(--r3); } .router-4 { --own: var(--r4); } .router-5 { --own: var(--r5); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0 12px; font-size: 13px; color: var(--quiet); }
.legend svg { display: inline-block; width: 26px; height: 10px; vertical-align: middle; margin-right: 4px; }
.slider { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; background: var(--shade); border-radius: 8px; padding: 10px 14px; }
.slider .grow { flex: 1 1 320px; display: flex; gap: 10px; align-items: center; }
.slider input { flex: 1; accent-color: var(--r0); }
.slider output { min-width: 5ch; font-variant-numeric: tabular-nums; font-weight: 600; }
.slider select { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--rule); border-radius: 4px; }
.shares { width: 100%; }
.shares th:first-child { width: 1%; }
.bar { display: flex; align-items: center; gap: 6px; height: 16px; min-width: 130px; padding-right: 56px; }
.bar i { flex: none; height: 12px; width: 0; background: var(--own); opacity: .7; border-radius: 2px; }
.bar span { flex: none; width: 0; overflow: visible; font-size: 12px; }
.plots { display: flex; flex-wrap: wrap; gap: 16px; }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 10px; }
figure { margin: 0; flex: 0 1 320px; }
figcaption { font-size: 12.5px; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--quiet); margin: 8px 0; }
`;
