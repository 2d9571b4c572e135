/** The lines of passwd(5), shadow(5) and group(5), split at colons. Empty lines, comments and NIS entries are no accounts. */
export function parseAccountFile(text: string, fields: number): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^[#+-]/.test(line))
    .map((line) => line.split(':'))
    .filter((parts) => parts.length >= fields)
}
