import { createHash } from 'node:crypto'
import { markup, trusted, type Html } from './markup.ts'
import { style } from './style.ts'

/** Comfort only: finds words, opens rules that a link names, and all of them for printing. The page is whole without. */
const script = `
const rules=[...document.querySelectorAll('.rule')]
const search=document.querySelector('#search')
if(search){search.closest('label').hidden=false
const words=new Map(rules.map((rule)=>[rule,rule.textContent.toLowerCase()]))
search.addEventListener('input',()=>{const wanted=search.value.toLowerCase().trim()
for(const rule of rules)rule.hidden=wanted!==''&&!words.get(rule).includes(wanted)})}
const show=()=>{const target=document.getElementById(decodeURIComponent(location.hash.slice(1)))
if(target instanceof HTMLDetailsElement){target.open=true;target.scrollIntoView()}}
addEventListener('hashchange',show);show()
let closed=[]
addEventListener('beforeprint',()=>{closed=rules.filter((rule)=>!rule.open);for(const rule of closed)rule.open=true})
addEventListener('afterprint',()=>{for(const rule of closed)rule.open=false})
`

/** A whole page that needs nothing else and may run nothing but what we put in it. */
export function page(title: string, extraStyle: string, body: Html): string {
  const sheet = style + extraStyle
  const policy = `default-src 'none'; style-src '${digest(sheet)}'; script-src '${digest(script)}'; base-uri 'none'; form-action 'none'`
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>${trusted(sheet)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        ${body}
        <script>${trusted(script)}</script>
      </body>
    </html> `.html
}

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

/** An id of the content as one that HTML and links can bear. */
export const anchor = (id: string): string => id.replace(/[^\w.-]/g, '_')
