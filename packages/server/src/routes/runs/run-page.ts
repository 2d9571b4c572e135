import { isGuid } from '../../api/json-reader.ts'

/** What a browser is shown at the address of a run, whoever asks: how to see it. It says nothing of the run. */
export function runPage(id: string, publicUrl: string | undefined): string {
  const run = isGuid(id) ? id.toLowerCase() : 'RUN'
  const login = `plumbline login${publicUrl === undefined ? '' : ` ${publicUrl}`}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<title>A run of Plumbline</title></head>',
    '<body style="max-width:40em;margin:3em auto;padding:0 1em;font:16px/1.5 sans-serif">',
    '<h1 style="font-size:1.4em">A run of Plumbline</h1>',
    '<p>This address answers programs, which bring an access token. To read the run yourself, ask for it in a shell:</p>',
    `<pre>${escapeHtml(login)}\nplumbline job assets ${run}\nplumbline job runs JOB --messages</pre>`,
    '<p>The second says what became of each asset; the third, with the name of the job, what its latest runs have to say.</p>',
    '</body></html>',
    '',
  ].join('\n')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
