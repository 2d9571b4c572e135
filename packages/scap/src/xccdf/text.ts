import type { Text } from './model/benchmark.ts'

/** The text with the values of a profile in their places; a value that is not known keeps its id. */
export function renderText(text: Text, values: Readonly<Record<string, readonly string[]>> = {}): string {
  return text
    .map((piece) => (typeof piece === 'string' ? piece : (values[piece.valueId]?.join(', ') ?? piece.valueId)))
    .join('')
}
