import type { Evaluation } from '../oval/evaluate/evaluation.ts'
import type { DefinitionResult } from '../oval/model/result.ts'
import type { ScriptRun } from '../sce/script.ts'
import type { RuleOutcome } from './model/benchmark.ts'

/** A definition that a check asked for, with what it rests on. */
export interface DecidedCheck {
  readonly system: string
  readonly href: string
  /** The check counts the other way round. */
  readonly negate: boolean
  readonly definition: DefinitionResult
  /** The evaluation that the definition is of: its tests, variables and objects. */
  readonly evaluation: Evaluation
  readonly exports: Readonly<Record<string, readonly string[]>>
}

/** How a rule's check came to its outcome: what it asked, and how the answers were put together. */
export type JudgedCheck =
  | { readonly kind: 'definition'; readonly outcome: RuleOutcome; readonly decided: DecidedCheck }
  | {
      readonly kind: 'script'
      readonly outcome: RuleOutcome
      readonly negate: boolean
      readonly run: ScriptRun
      /** What the check wants quoted of what the script printed. */
      readonly imports: readonly string[]
      readonly exports: readonly { readonly valueId: string; readonly name: string }[]
    }
  | {
      readonly kind: 'combined'
      readonly outcome: RuleOutcome
      readonly operator: 'AND' | 'OR'
      readonly negate: boolean
      readonly children: readonly JudgedCheck[]
    }
  | {
      readonly kind: 'unjudged'
      readonly outcome: 'error' | 'notchecked' | 'unknown'
      readonly message: string
      /** The document that had no answer. */
      readonly href?: string
    }

export function definitionsIn(judged: JudgedCheck): DecidedCheck[] {
  if (judged.kind === 'definition') return [judged.decided]
  return judged.kind === 'combined' ? judged.children.flatMap(definitionsIn) : []
}

export function scriptsIn(judged: JudgedCheck): ScriptRun[] {
  if (judged.kind === 'script') return [judged.run]
  return judged.kind === 'combined' ? judged.children.flatMap(scriptsIn) : []
}

/** Why parts of it could not be judged. */
export function messagesIn(judged: JudgedCheck): string[] {
  switch (judged.kind) {
    case 'unjudged':
      return [judged.message]
    case 'script':
      return [...judged.run.messages]
    case 'combined':
      return judged.children.flatMap(messagesIn)
    case 'definition':
      return []
  }
}

/** Whether any part of it was asked, whatever the answer was. */
export function wasAnswered(judged: JudgedCheck): boolean {
  return judged.kind === 'combined' ? judged.children.some(wasAnswered) : judged.kind !== 'unjudged'
}
