/** Rows under headings, columns as wide as their widest cell; the last column is not padded. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => printable(row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? printable(cell) : printable(cell).padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Remote text on a terminal: control characters would move the cursor or worse. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => (character === '\t' ? ' ' : '\u{fffd}'))
}

/** Of a number of bytes; nothing for none. */
export const kilobytes = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 1000).toFixed(1))

/** Standard output: JSON when asked for, otherwise the text. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(value, null, 2) : text()}\n`)
}

/** Lines on standard error that are rewritten in place; silent when standard error is not a terminal. */
export function progressLines(): { show(lines: readonly string[]): void; clear(): void } {
  const terminal = process.stderr.isTTY
  let above = 0
  // To the first of the lines, and everything from there on is gone.
  const back = (): string => `\r${above === 0 ? '' : `\u001b[${above}A`}\u001b[J`
  return {
    show(lines) {
      if (!terminal) return
      const columns = process.stderr.columns ?? 80
      const rows = process.stderr.rows ?? 24
      const shown = lines.slice(0, Math.max(rows - 1, 1)).map((line) => printable(line).slice(0, columns - 1))
      process.stderr.write(back() + shown.join('\n'))
      above = Math.max(shown.length - 1, 0)
    },
    clear() {
      if (terminal) process.stderr.write(back())
      above = 0
    },
  }
}
