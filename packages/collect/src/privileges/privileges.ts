import { createEvaluation, reachableObjects, type CollectionPlan, type ResolvedObject } from '@plumbline/scap'
import { commandsOf } from './commands.ts'
import { contentsOf, isSearch, type Contents } from './contents.ts'

/** What reading an asset for a plan takes, as far as the plan tells without a machine. */
export interface Privileges {
  readonly contents: readonly Contents[]
  /** Folders are listed and trees walked: names and attributes of any file may be asked for. */
  readonly searches: boolean
  /** Commands that any account may run. */
  readonly commands: readonly string[]
  /** Objects whose files only the machine knows, by their ids: nothing can be granted for them beforehand. */
  readonly unknown: readonly string[]
}

/** Works out of the plan's objects which files are read, which commands are run, and what cannot be told beforehand. */
export function privilegesFor(plan: CollectionPlan): Privileges {
  const objects = objectsOf(plan)
  const contents = new Map<string, Contents>()
  const unknown: string[] = []
  for (const object of objects) {
    const read = contentsOf(object)
    if (read === undefined) unknown.push(object.id)
    for (const one of read ?? []) contents.set(JSON.stringify(one), one)
  }
  return {
    contents: [...contents].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one),
    searches: objects.some(isSearch),
    commands: [...new Set(objects.flatMap(({ testType }) => commandsOf(testType)))].sort(),
    unknown,
  }
}

function objectsOf(plan: CollectionPlan): ResolvedObject[] {
  const objects = new Map<string, ResolvedObject>()
  for (const { content, definitionIds, externalVariables } of plan) {
    const nothing = { find: () => undefined }
    const evaluation = createEvaluation({ content, externalVariables, source: nothing, now: new Date(0) })
    for (const id of reachableObjects(content, definitionIds)) {
      const object = evaluation.resolveObject(id)
      objects.set(`${id} ${object.digest}`, object)
    }
  }
  return [...objects.values()]
}
