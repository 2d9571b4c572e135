import type { Command } from 'commander'
import { writeHtmlGuide } from '@plumbline/scap'
import { writeFile } from '../reports.ts'
import { prepare, withProfile, type ProfileOptions } from './scan.ts'

export function registerGuide(program: Command): void {
  withProfile(program.command('guide [content]'))
    .description('write a profile as a page to read and print: its rules with rationale and fix')
    .option('--output <file>', 'where to write it; - is standard output', '-')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline guide --profile server --output guide.html\n  plumbline guide --profile cis_level1_server ssg-debian12-ds.xml > guide.html',
    )
    .action(async (file: string | undefined, options: ProfileOptions & { output: string }) => {
      const { output, ...named } = options
      const prepared = await prepare(file, { ...named, html: output })
      writeFile(output, (sink) => writeHtmlGuide(sink, prepared))
    })
}
