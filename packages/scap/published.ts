import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Here the package runs from its sources, and what is packed from what the compiler made of them: npm knows one
 * manifest, so `prepack` puts the published `exports` into it, and `postpack` puts back what was there and leaves nothing.
 */
const [manifest, kept, licence] = ['package.json', 'dist/package.source.json', 'LICENSE'].map((name) =>
  join(import.meta.dirname, name),
) as [string, string, string]

if (process.argv[2] === 'restore') {
  if (existsSync(kept)) renameSync(kept, manifest)
  rmSync(licence, { force: true })
  rmSync(join(import.meta.dirname, 'dist'), { recursive: true, force: true })
} else {
  const source = readFileSync(manifest, 'utf8')
  const { publishConfig, scripts: _, ...rest } = JSON.parse(source) as Record<string, unknown>
  const { exports, ...config } = publishConfig as Record<string, unknown>
  writeFileSync(kept, source)
  copyFileSync(join(import.meta.dirname, '../../LICENSE'), licence)
  writeFileSync(manifest, `${JSON.stringify({ ...rest, exports, publishConfig: config }, undefined, 2)}\n`)
}
