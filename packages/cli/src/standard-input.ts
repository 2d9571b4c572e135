import { Failure } from './failure.ts'

/** All of standard input as text. */
export async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** A secret from standard input, without the line end that editors and `echo` leave. */
export async function readSecret(): Promise<string> {
  const secret = (await readStandardInput()).replace(/\r?\n$/, '')
  if (secret === '') throw new Failure('standard input is empty; a password was expected there')
  return secret
}
