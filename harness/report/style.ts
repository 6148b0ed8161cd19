/** The page's style: readable on a phone, on a desk, in the dark and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1d2126; --quiet: #5a626c; --line: #c9ced6; --card: #ffffff; --mark: #0b6e4f;
  --pass: #1a8f63; --fail: #c8321f; --skip: #9aa2ad; --unclear: #a86c00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e8eaed; --quiet: #a3acb8; --line: #444c56; --card: #1b1f24; --mark: #4fd1a5;
    --pass: #3cc48d; --fail: #ff7a66; --skip: #7d8793; --unclear: #f0b24a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding-top: 2.5rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.15; margin: 0 0 .4rem; letter-spacing: -.02em; }
h2 { font-size: 1.6rem; margin: 3rem 0 .5rem; letter-spacing: -.01em; }
h3 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h4 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 68ch; }
a { color: var(--mark); }
.lead, .about, .where, .conditions { color: var(--quiet); }
.about, .where, .conditions { font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: 1rem 0 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10rem, 100%), 1fr)); gap: .8rem 1.5rem; margin: 1.5rem 0 0; }
.facts dt { font-size: .8rem; color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: left; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-weight: 600; color: var(--quiet); white-space: nowrap; }
details table td { text-align: right; }
.matrix { width: 100%; }
.matrix td { min-width: 9rem; }
.matrix .none { color: var(--quiet); }
.share { display: block; width: 100%; height: .5rem; border-radius: .25rem; margin: .35rem 0 .3rem; }
.counts { font-size: .85rem; }
.counts .fail, h3.fail { color: var(--fail); font-weight: 600; }
.counts .skip { color: var(--quiet); }
.case, .scenario { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.1rem; margin: .8rem 0; }
.case.failed { border-color: var(--fail); }
.case pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; font: .85rem/1.45 ui-monospace, monospace; }
.why { font-style: italic; }
.exchange { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: .6rem 1.2rem; margin: .7rem 0 0; border-top: 1px solid var(--line); padding-top: .6rem; }
.exchange dt { font-size: .8rem; color: var(--quiet); }
.exchange dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, monospace; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
.grid > * { margin: 0; min-width: 0; }
figure { margin: .6rem 0; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
.growth { max-width: 46rem; }
.chart { display: block; width: 100%; height: auto; color: var(--ink); }
.budget { font-size: .9rem; overflow-wrap: anywhere; }
.budget b { text-transform: capitalize; }
.budget.ok b { color: var(--pass); } .budget.broken b { color: var(--fail); } .budget.unclear b { color: var(--unclear); }
summary { cursor: pointer; padding: .35rem 0; font-weight: 600; }
.count { color: var(--quiet); font-weight: 400; }
.cases ul { list-style: none; padding: 0; margin: 0; }
.cases li { padding: .4rem 0; border-bottom: 1px solid var(--line); }
.cases .name { display: block; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: .78rem; padding: .05rem .5rem; border-radius: 1rem; border: 1px solid var(--line); margin: .2rem .2rem 0 0; }
.badge.pass { color: var(--pass); } .badge.fail { color: var(--fail); border-color: var(--fail); font-weight: 600; } .badge.skip { color: var(--quiet); }
.badge small { color: var(--quiet); font-size: 1em; }
.search { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
.search input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .7rem; flex: 1 1 14rem; max-width: 28rem; min-width: 0; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
footer { color: var(--quiet); font-size: .9rem; padding-top: 3rem; padding-bottom: 3rem; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; }
  body { font-size: 10.5pt; }
  nav, .search { display: none; }
  .scroll { overflow: visible; }
  .case, .scenario, figure, tr, li { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  .grid { grid-template-columns: 1fr 1fr; }
}
`;
