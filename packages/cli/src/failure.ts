/** Something the person at the terminal can act on: printed without a stack, exit status 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
}
