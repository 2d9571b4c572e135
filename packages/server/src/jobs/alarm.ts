/** Wakes one loop that sleeps between its looks. What wakes it while it looks is kept for its next sleep. */
export interface Alarm {
  wake(): void
  /** Until `ms` have passed or somebody wakes it; at once when somebody did since the last sleep. */
  sleep(ms: number): Promise<void>
}

export function createAlarm(): Alarm {
  let isWanted = false
  let end = (): void => undefined
  return {
    wake() {
      isWanted = true
      end()
    },
    async sleep(ms) {
      if (!isWanted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          end = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      isWanted = false
    },
  }
}
