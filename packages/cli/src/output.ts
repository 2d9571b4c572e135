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

/** Standard output: JSON when asked for, otherwise the text. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(value, null, 2) : text()}\n`)
}

/** One line on standard error that is rewritten in place; silent when standard error is not a terminal. */
export function progressLine(): { show(text: string): void; clear(): void } {
  const terminal = process.stderr.isTTY
  return {
    show: (text) =>
      void (terminal && process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)),
    clear: () => void (terminal && process.stderr.write('\r\u001b[K')),
  }
}
