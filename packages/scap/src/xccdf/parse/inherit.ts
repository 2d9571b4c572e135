import { ContentError } from '../../errors.ts'
import { attribute, childrenNamed, descendants, type XmlElement } from '../../xml/element.ts'
import { isTrue } from './rule.ts'

const kinds: readonly string[] = ['Group', 'Rule', 'Value']
const isItem = ({ name }: XmlElement): boolean => kinds.includes(name)

/**
 * A benchmark whose groups, rules and values have all that they extend, without the abstract ones (XCCDF 1.2, 7.2.2,
 * `Loading.Resolve.Items` and `.Abstract`); the same element where there is nothing to do.
 */
export function resolveItems(root: XmlElement): XmlElement {
  const items = new Map<string, XmlElement>()
  let isResolved = true
  for (const element of descendants(root)) {
    if (!isItem(element)) continue
    items.set(attribute(element, 'id') ?? '', element)
    isResolved &&= attribute(element, 'extends') === undefined && !isAbstract(element)
  }
  if (isResolved) return root
  const known = new Map<XmlElement, XmlElement>()
  return withItems(root, (element) => resolveItem(element, { items, known, path: [] }))
}

/**
 * Groups that would hold copies of items. Ids are unique and a copy could not keep its own, so there are none, as with the
 * referee; the schema of XCCDF 1.2 calls `extends` of groups deprecated.
 */
export function groupsWithoutCopies(root: XmlElement): string[] {
  const groups = [...descendants(root)].filter(({ name }) => name === 'Group')
  const holding = new Set(groups.filter(({ children }) => children.some(isItem)).map((one) => attribute(one, 'id')))
  return groups.flatMap((group) => {
    const base = attribute(group, 'extends')
    if (base === undefined || !holding.has(base)) return []
    return [
      `<Group id="${attribute(group, 'id') ?? ''}" extends="${base}"> has no copies of what ${base} holds, whose ids nobody else can have`,
    ]
  })
}

const isAbstract = (element: XmlElement): boolean => isTrue(attribute(element, 'abstract'), false)

/** The element with its items resolved, all the way down. */
function withItems(element: XmlElement, resolve: (item: XmlElement) => XmlElement): XmlElement {
  const content = element.content.flatMap((part) => {
    if (typeof part === 'string' || !isItem(part)) return [part]
    return isAbstract(part) ? [] : [withItems(resolve(part), resolve)]
  })
  return withContent(element, content)
}

interface Resolving {
  readonly items: ReadonlyMap<string, XmlElement>
  readonly known: Map<XmlElement, XmlElement>
  readonly path: readonly XmlElement[]
}

function resolveItem(element: XmlElement, resolving: Resolving): XmlElement {
  const id = attribute(element, 'extends')
  if (id === undefined) return element
  const { items, known, path } = resolving
  const done = known.get(element)
  if (done !== undefined) return done
  const { file, line, column, name } = element
  const refuse = (code: 'content-circular-reference' | 'content-dangling-reference', message: string): ContentError =>
    new ContentError(code, message, { file, line, column, id })
  if (path.includes(element)) throw refuse('content-circular-reference', `<${name} extends="${id}"> extends itself`)
  const base = items.get(id)
  if (base?.name !== name)
    throw refuse('content-dangling-reference', `<${name} extends="${id}"> extends no ${name} of this benchmark`)
  const inherited = inherit(element, resolveItem(base, { ...resolving, path: [...path, element] }))
  known.set(element, inherited)
  return inherited
}

/** XCCDF 1.2, Table 33: how a property that both have comes to be. Those that are not named here are appended. */
const models: Readonly<Record<string, 'none' | 'override' | 'prepend' | 'replace'>> = {
  status: 'none',
  'dc-status': 'none',
  signature: 'none',
  choices: 'prepend',
  source: 'prepend',
  version: 'replace',
  check: 'replace',
  'complex-check': 'replace',
  'impact-metric': 'replace',
  title: 'override',
  description: 'override',
  question: 'override',
  rationale: 'override',
  fixtext: 'override',
  warning: 'override',
  platform: 'override',
  reference: 'override',
}
const notInherited: readonly string[] = ['abstract', 'cluster-id', 'extends', 'id', 'Id']
/** As the schema wants them. */
const order: readonly string[] =
  'status dc-status version title description warning question reference metadata rationale platform requires conflicts ident impact-metric profile-note fixtext fix check complex-check value complex-value default complex-default match lower-bound upper-bound choices source Value Group Rule signature'.split(
    ' ',
  )

function inherit(own: XmlElement, base: XmlElement): XmlElement {
  const before = base.children.filter((property) => isInherited(property, own))
  const merged = own.children.map((property) => joined(property, before))
  const prepended = (property: XmlElement): boolean => models[property.name] === 'prepend'
  const children = [
    ...before.filter((property) => !prepended(property) && !joinedByOwn(property, own)),
    ...merged,
    ...before.filter(prepended),
  ]
  const rank = ({ name }: XmlElement): number => order.indexOf(name === 'Rule' ? 'Group' : name)
  return {
    ...withContent(
      own,
      children.toSorted((one, other) => rank(one) - rank(other)),
    ),
    attributes: [
      ...own.attributes.filter(({ name }) => name !== 'extends'),
      ...base.attributes.filter(
        ({ name, namespace }) => !notInherited.includes(name) && attribute(own, name, namespace) === undefined,
      ),
    ],
  }
}

function isInherited(property: XmlElement, own: XmlElement): boolean {
  const { name } = property
  if (isItem(property)) return false
  const model = models[name]
  // A rule has checks or a complex one.
  if (name === 'complex-check') return !own.children.some((rival) => isCheck(rival))
  if (name === 'check')
    return !own.children.some((rival) => isCheck(rival) && (rival.name !== name || isSameCheck(rival, property)))
  const rivals = childrenNamed(own, name)
  if (model === 'replace') return rivals.length === 0
  if (model === 'override')
    return !rivals.some((rival) => isSameLanguage(rival, property) && isTrue(attribute(rival, 'override'), false))
  return model !== 'none'
}

const isCheck = ({ name }: XmlElement): boolean => name === 'check' || name === 'complex-check'
const isSameCheck = (one: XmlElement, other: XmlElement): boolean =>
  attribute(one, 'system') === attribute(other, 'system') &&
  (attribute(one, 'selector') ?? '') === (attribute(other, 'selector') ?? '')

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
const isSameLanguage = (one: XmlElement, other: XmlElement): boolean =>
  attribute(one, 'lang', xmlNamespace) === attribute(other, 'lang', xmlNamespace)

/** Of these an item shows one, so what is appended continues the inherited text, as with the referee. */
const texts: readonly string[] = ['title', 'description', 'question', 'rationale', 'fixtext']
const continues = (own: XmlElement, base: XmlElement): boolean =>
  texts.includes(own.name) && own.name === base.name && isSameLanguage(own, base)

function joined(property: XmlElement, before: readonly XmlElement[]): XmlElement {
  const base = before.find((one) => continues(property, one))
  return base === undefined ? property : withContent(property, [...base.content, ...property.content])
}

const joinedByOwn = (property: XmlElement, own: XmlElement): boolean =>
  own.children.some((one) => continues(one, property))

const withContent = (element: XmlElement, content: readonly (XmlElement | string)[]): XmlElement => ({
  ...element,
  content,
  children: content.filter((part) => typeof part !== 'string'),
  text: content.filter((part) => typeof part === 'string').join(''),
})
