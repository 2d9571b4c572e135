/** One style for report and guide: light and dark, screen and paper, no fonts or pictures from anywhere. */
export const style = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d6dae0;--code:#f0f2f5;--link:#0a58ca;
--fail:#b3261e;--fail-bg:#fdecea;--warn:#8a5300;--warn-bg:#fff4e0;--pass:#1a6b35;--pass-bg:#e7f5ec;--none:#4f5862;--none-bg:#eceff2}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--ink:#e7eaee;--soft:#a4adb8;--line:#363c45;--code:#272c34;--link:#86b7fe;
--fail:#ff9d94;--fail-bg:#4a1f1c;--warn:#ffc871;--warn-bg:#46341a;--pass:#86d9a2;--pass-bg:#1b3d28;--none:#b7c0ca;--none-bg:#2d333b}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,header.top,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header.top{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.25rem;margin:2.25rem 0 .75rem}.card>h2:first-child{margin-top:.25rem}
h3{font-size:1.05rem;margin:1.75rem 0 .5rem;color:var(--soft)}
h4{font-size:.8rem;letter-spacing:.04em;text-transform:uppercase;color:var(--soft);margin:1.25rem 0 .35rem}
h5,h6{font-size:1rem;margin:.75rem 0 .25rem}
p{margin:.4rem 0}
.lines{white-space:pre-line}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,input:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem;margin:1rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.75rem 2rem;margin:0}
.facts div{min-width:0}.facts dt{color:var(--soft);font-size:.85rem}.facts dd{margin:0;overflow-wrap:anywhere}
.tally{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:.75rem 0}
.tally li{border-radius:8px;padding:.4rem .9rem;font-weight:600}
.tally b{font-size:1.35rem;margin-right:.35rem}
.bar{display:flex;height:12px;border-radius:6px;overflow:hidden;background:var(--none-bg);margin:1rem 0 .25rem}
.bar span{display:block;min-width:2px}
.bar .r-fail{background:#c7362d}.bar .r-error,.bar .r-unknown{background:#d98200}.bar .r-pass,.bar .r-fixed{background:#2c8f4e}
.bar .r-notchecked,.bar .r-informational{background:#8b96a3}.bar .r-notapplicable{background:#c3cad2}
.badge{display:inline-block;border-radius:6px;padding:.05rem .55rem;font-size:.85rem;font-weight:600;white-space:nowrap}
.c-fail{background:var(--fail-bg);color:var(--fail)}.c-error,.c-unknown{background:var(--warn-bg);color:var(--warn)}
.c-pass,.c-fixed{background:var(--pass-bg);color:var(--pass)}
.c-notchecked,.c-informational,.c-notapplicable,.c-notselected{background:var(--none-bg);color:var(--none)}
.filter{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center;border:0;padding:0;margin:0}
.filter legend{float:left;font-weight:600;margin-right:1rem;padding:0}
.filter label{display:inline-flex;gap:.4rem;align-items:center}
.filter input[type=search]{font:inherit;padding:.3rem .6rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:inherit;min-width:16rem}
.rule{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:.5rem 0;break-inside:avoid-page}
.rule>summary{cursor:pointer;padding:.7rem 1rem;display:grid;grid-template-columns:8.5rem 1fr auto;gap:.25rem 1rem;align-items:start;list-style:none}
.rule>summary::-webkit-details-marker{display:none}
.rule>summary .title{font-weight:600;overflow-wrap:anywhere}
.rule>summary .why{grid-column:2/-1;color:var(--soft);overflow-wrap:anywhere}
.rule>summary .title::before{content:"▸";display:inline-block;width:1.1em;color:var(--soft)}
.rule[open]>summary .title::before{content:"▾"}
.rule .body{padding:0 1rem 1rem;border-top:1px solid var(--line)}
.severity{font-size:.85rem;color:var(--soft);white-space:nowrap}.severity.high{color:var(--fail);font-weight:600}
code,pre,kbd,samp,var{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em;font-style:normal}
code,var{background:var(--code);border-radius:4px;padding:.05em .3em;overflow-wrap:anywhere}
pre{background:var(--code);border-radius:8px;padding:.75rem 1rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
pre code{padding:0;background:none}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}
.scroll{overflow-x:auto}
th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem .35rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
.rule .body section+section{border-top:1px solid var(--line);padding-top:.4rem;margin-top:.6rem}
.tree,.tree ul{list-style:none;padding-left:1.1rem;margin:.25rem 0;border-left:2px solid var(--line)}
.tree li{margin:.3rem 0}
.tree>li{margin-left:0}
details details{margin:.5rem 0}details details>summary{cursor:pointer;color:var(--link)}
.toc{columns:2;column-gap:2.5rem;padding-left:1.2rem}.toc li{break-inside:avoid;padding:.15rem 0}.wide{columns:15rem}
.first{padding-left:1.4rem}.first li{margin:.3rem 0}
footer{padding-top:2rem;padding-bottom:3rem;color:var(--soft);font-size:.9rem}
[hidden]{display:none!important}
@media(max-width:40rem){.rule>summary{grid-template-columns:1fr auto}.rule>summary .title,.rule>summary .why{grid-column:1/-1}.toc{columns:1}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#333;--code:#f3f3f3;--line:#bbb}body{font-size:10pt}.controls,.skip{display:none}
main,header.top{max-width:none;padding:0}.rule{break-inside:auto}.rule>summary{break-after:avoid}
.rule:not([open])::details-content,h4+.fix:not([open])::details-content,h4+:not(details)+.fix:not([open])::details-content{content-visibility:visible;height:auto}
h2,h3,h4{break-after:avoid}
/* Addresses are printed, but for those of references: a rule has up to a hundred, and their names are what is cited. */
.references{columns:4;font-size:.85em;padding-left:1rem}.references a::after{content:none!important}
a[href^="http"]::after{content:" (" attr(href) ")";font-size:.8em;color:#555}pre{white-space:pre-wrap}}
`

/** The filter works without a script: a result whose box is cleared takes its rules away. */
export const filterStyle = (results: readonly string[]): string =>
  results.map((result) => `body:has(#show-${result}:not(:checked)) .rule.r-${result}{display:none}`).join('\n')
