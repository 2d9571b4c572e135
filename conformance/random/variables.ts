import type { Datatype } from '@plumbline/scap'
import { element, textElement, type Draft } from './draft.ts'
import { randomPattern, randomValue, times, valuesOf, type Kind } from './values.ts'

/** An object, and a field that its items have. */
export interface Field {
  readonly object: string
  readonly name: string
  readonly kind: 'word' | 'number'
}

/** Variables of a document. Fields of objects are values as soon as there are objects. */
export class Variables {
  readonly fields: Field[] = []
  readonly #draft: Draft
  readonly #known = new Map<string, string[]>()

  constructor(draft: Draft) {
    this.#draft = draft
  }

  /** A variable for a value of a kind: an old one or a new one. */
  of(kind: Kind): string {
    const { chance } = this.#draft
    const known = this.#known.get(kind) ?? []
    if (known.length > 0 && chance.holds(0.3)) return chance.pick(known)
    const id = chance.holds(0.4) ? this.constant(kind) : this.local(kind)
    this.#known.set(kind, [...known, id])
    return id
  }

  constant(kind: Kind): string {
    const { chance } = this.#draft
    const values = chance.several(1, 3, () => textElement('value', randomValue(this.#draft, kind)))
    return this.#add('constant_variable', kind === 'number' || kind === 'instance' ? 'int' : 'string', values)
  }

  /** Values of any datatype, for `variable_test`. */
  constantOf(datatype: Datatype): string {
    const { chance } = this.#draft
    const values = chance.several(1, 3, () => textElement('value', chance.pick(valuesOf[datatype] ?? [])))
    return this.#add('constant_variable', datatype, values)
  }

  local(kind: Kind): string {
    // The referee cannot go on to count with what is less than nothing; with one component it counts from now.
    if (kind === 'number' && this.#draft.chance.holds(0.15)) {
      const later = 1 + this.#draft.chance.below(times.length - 1)
      const both = [later, this.#draft.chance.below(later)].map((at) => literal(times[at]!))
      return this.#add('local_variable', 'int', [element('time_difference', {}, ...both)])
    }
    if (kind === 'number') return this.#add('local_variable', 'int', [this.#number(2)])
    if (kind === 'word') return this.#add('local_variable', 'string', [this.#word(3)])
    return this.#add('local_variable', 'string', [this.#meant(kind)])
  }

  #add(name: string, datatype: Datatype, inside: readonly string[]): string {
    return this.#draft.add('variables', (id) => element(name, { id, version: 1, comment: 'c', datatype }, ...inside))
  }

  /** Functions that leave the value what it is meant for. */
  #meant(kind: Kind): string {
    const { chance } = this.#draft
    const value = randomValue(this.#draft, kind)
    const at = chance.below(value.length + 1)
    switch (chance.below(5)) {
      case 0:
        return element('concat', {}, literal(value.slice(0, at)), literal(value.slice(at)))
      case 1:
        return element('unique', {}, literal(value), literal(randomValue(this.#draft, kind)), literal(value))
      case 2:
        return element('substring', { substring_start: 3, substring_length: -1 }, literal(`--${value}`))
      case 3:
        return element('split', { delimiter: '!!' }, literal(`${value}!!${randomValue(this.#draft, kind)}`))
      default:
        return element('variable_component', { var_ref: this.constant(kind) })
    }
  }

  /** A component whose values are texts. */
  #word(depth: number): string {
    const { chance } = this.#draft
    const inner = (): string => this.#word(depth - 1)
    if (depth === 0 || chance.holds(0.2)) return this.#leaf('word')
    switch (chance.below(12)) {
      case 0:
        return element('begin', { character: chance.pick(['a', 'key', '/']) }, inner())
      case 1:
        return element('end', { character: chance.pick(['a', 'e', ' ']) }, inner())
      case 2:
        return element('escape_regex', {}, inner())
      case 3:
        // Of a backslash the referee makes two.
        return element(
          'glob_to_regex',
          { glob_noescape: chance.pick(['true', 'false', undefined]) },
          literal(randomValue(this.#draft, 'word')),
        )
      case 4:
        return element('regex_capture', { pattern: randomPattern(chance) }, inner())
      case 5:
        return element('split', { delimiter: chance.pick(['-', ' ', ':', 'a', '. ']) }, inner())
      case 6: {
        // A start behind the end is an error.
        const substring = {
          substring_start: chance.pick([0, 1, 1, 2, 3]),
          substring_length: chance.pick([-1, 0, 1, 2, 9]),
        }
        return element('substring', substring, element('concat', {}, literal('xyz'), inner()))
      }
      case 7:
      case 8:
        return element('concat', {}, ...chance.several(2, 3, inner))
      case 9:
        return element('unique', {}, ...chance.several(1, 3, inner))
      case 10:
        return this.#number(depth - 1)
      default:
        return this.#leaf('word')
    }
  }

  #number(depth: number): string {
    const { chance } = this.#draft
    if (depth <= 0 || chance.holds(0.2)) return this.#leaf('number')
    switch (chance.below(3)) {
      case 0:
        return element('count', {}, ...chance.several(1, 3, () => this.#word(0)))
      default: {
        const operation = chance.pick(['add', 'multiply'])
        const parts = chance.several(2, 3, () => this.#sum(depth - 1))
        return element('arithmetic', { arithmetic_operation: operation }, ...parts)
      }
    }
  }

  /** The referee takes a sum that lacks a part for an error, counts it as 0, or writes what happens to be in memory. */
  #sum(depth: number): string {
    const { chance } = this.#draft
    if (depth <= 0) return literal(chance.pick(['0', '1', '2', '-3', '12']), 'int')
    const operation = chance.pick(['add', 'multiply'])
    return element(
      'arithmetic',
      { arithmetic_operation: operation },
      ...chance.several(2, 3, () => this.#sum(depth - 1)),
    )
  }

  #leaf(kind: 'word' | 'number'): string {
    const { chance } = this.#draft
    const fields = this.fields.filter((field) => kind === 'word' || field.kind === 'number')
    if (fields.length > 0 && chance.holds(0.4)) {
      const { object, name } = chance.pick(fields)
      return element('object_component', { object_ref: object, item_field: name })
    }
    const known = this.#known.get(kind) ?? []
    if (known.length > 0 && chance.holds(0.3)) return element('variable_component', { var_ref: chance.pick(known) })
    const value = randomValue(this.#draft, kind)
    return literal(value, kind === 'number' ? 'int' : 'string')
  }
}

const literal = (value: string, datatype = 'string'): string => textElement('literal_component', value, { datatype })
