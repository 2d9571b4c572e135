import { basename } from 'node:path'
import type { Command } from 'commander'
import { renderText, resolveProfile, standardGuid } from '@plumbline/scap'
import { connect } from '../client.ts'
import { bundledContentFile, readContentFile, readForServer } from '../content-file.ts'
import { print, printable, table } from '../output.ts'

interface Content {
  readonly digest: string
  readonly fileName: string
  readonly importedAt: string
  readonly standards: number
}

export function registerContent(program: Command): void {
  const content = program.command('content').description('SCAP content: import, list, info')
  content
    .command('import <file...>')
    .description(
      'bring data streams to the server, or benchmarks with the files beside them; their profiles become standards',
    )
    .addHelpText('after', '\nExample:\n  plumbline content import ssg-debian12-ds.xml')
    .action(async (files: string[]) => {
      const client = await connect()
      for (const file of files) {
        const { standards, warnings } = await client.call<{ standards: string[]; warnings: string[] }>(
          'POST',
          '/api/v1/contents',
          {
            query: { name: basename(file) },
            body: readForServer(file),
          },
        )
        process.stdout.write(`${file}: ${standards.length} standards\n`)
        for (const warning of warnings) process.stderr.write(`${printable(warning)}\n`)
      }
    })
  content
    .command('list')
    .description('what was imported')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline content list')
    .action(async (options: { json?: true }) => {
      const { contents } = await (await connect()).call<{ contents: Content[] }>('GET', '/api/v1/contents')
      print(options.json, contents, () =>
        table(
          ['file', 'imported', 'standards', 'sha-256'],
          contents.map((one) => [one.fileName, one.importedAt, String(one.standards), one.digest.slice(0, 16)]),
        ),
      )
    })
  content
    .command('info [file]')
    .description('what is in a content file; needs no server. Without a file, the bundled standard')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline content info /usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml')
    .action((file: string | undefined, options: { json?: true }) => {
      const { kind, digest, benchmarks } = readContentFile(file ?? bundledContentFile())
      const info = benchmarks.map(({ benchmark, dataStream }) => ({
        benchmark: benchmark.id,
        ...(dataStream === undefined ? {} : { dataStream }),
        title: renderText(benchmark.title),
        version: benchmark.version,
        profiles: [undefined, ...benchmark.profiles].map((profile) => ({
          id: profile?.id ?? '(default)',
          title: renderText(profile?.title ?? []),
          rules: resolveProfile(benchmark, profile?.id).rules.filter(({ selected }) => selected).length,
          guid: standardGuid(benchmark.id, profile?.id),
        })),
      }))
      print(options.json, { kind, digest, benchmarks: info }, () =>
        [
          `${kind}, SHA-256 ${digest}`,
          ...info.flatMap(({ benchmark, dataStream, title, version, profiles }) => [
            '',
            `${title}, version ${version} (${benchmark})`,
            ...(info.length > 1 && dataStream !== undefined
              ? [`in the data stream ${dataStream.id}, as ${dataStream.referenceId}`]
              : []),
            table(
              ['profile', 'rules', 'title', 'standard GUID'],
              profiles.map((one) => [one.id, String(one.rules), one.title, one.guid]),
            ),
          ]),
        ].join('\n'),
      )
    })
}
