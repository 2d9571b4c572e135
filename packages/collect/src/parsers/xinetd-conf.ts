/** `defaults { … }` or `service NAME { … }`, with the operators applied: `=` sets, `+=` adds, `-=` takes away. */
export interface XinetdSection {
  /** Undefined for `defaults`. */
  readonly service: string | undefined
  readonly attributes: ReadonlyMap<string, XinetdAttribute>
}

export interface XinetdAttribute {
  /** Set by `=`, not only changed: what `defaults` say does not count then. */
  readonly isSet: boolean
  readonly values: readonly string[]
  readonly without: readonly string[]
}

export interface XinetdConf {
  readonly sections: readonly XinetdSection[]
  readonly include: readonly string[]
  readonly includeDirectories: readonly string[]
}

/** xinetd.conf(5). */
export function parseXinetdConf(text: string): XinetdConf {
  const sections: XinetdSection[] = []
  const include: string[] = []
  const includeDirectories: string[] = []
  let attributes: Map<string, XinetdAttribute> | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line === '{') continue
    if (line === '}') {
      attributes = undefined
      continue
    }
    const [word = '', name = ''] = line.split(/[\s{]+/)
    if (attributes === undefined) {
      if (word === 'include') include.push(name)
      else if (word === 'includedir') includeDirectories.push(name)
      else if (word === 'defaults' || word === 'service') {
        attributes = new Map()
        sections.push({ service: word === 'service' ? name : undefined, attributes })
      }
      continue
    }
    const assignment = /^(\w+)\s*(\+=|-=|=)\s*(.*)$/.exec(line)
    if (assignment === null) continue
    const [, attribute = '', operator = '', list = ''] = assignment
    const values = list.split(/\s+/).filter((value) => value !== '')
    attributes.set(attribute, applyOperator(attributes.get(attribute), operator, values))
  }
  return { sections, include, includeDirectories }
}

const nothing: XinetdAttribute = { isSet: false, values: [], without: [] }

function applyOperator(
  { isSet, values, without }: XinetdAttribute = nothing,
  operator: string,
  list: readonly string[],
): XinetdAttribute {
  if (operator === '=') return { isSet: true, values: list, without: [] }
  if (operator === '+=') {
    return { isSet, values: [...values, ...list], without: without.filter((value) => !list.includes(value)) }
  }
  return { isSet, values: values.filter((value) => !list.includes(value)), without: [...without, ...list] }
}

/** A service's values of an attribute, after what `defaults` say. */
export function xinetdValues(
  attribute: string,
  service: XinetdSection,
  defaults: XinetdSection | undefined,
): readonly string[] | undefined {
  const own = service.attributes.get(attribute)
  const general = defaults?.attributes.get(attribute)
  if (own?.isSet === true) return own.values
  if (own === undefined) return general?.values
  return [...(general?.values ?? []).filter((value) => !own.without.includes(value)), ...own.values]
}
