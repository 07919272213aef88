import { messageOf, ProblemsError } from '../plugin/problems.ts'

/** The outcome of `work`, or a rejection with `late()` when it takes longer than `ms` by the real clock. */
export async function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([work, overdue])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for a step of a plugin, at most `seconds`. Throws ProblemsError that names the owner. */
export async function withDeadline(work: Promise<unknown>, seconds: number, owner: string): Promise<void> {
  const overdue = () =>
    new ProblemsError('Cannot go on', [
      { code: 'PLUGIN_START_OVERDUE', owner, fact: `took longer than ${seconds} s`, remedy: 'move the work into a job' }
    ])
  try {
    await within(work, seconds * 1000, overdue)
  } catch (cause) {
    if (cause instanceof ProblemsError) throw cause
    throw new ProblemsError('Cannot go on', [
      { code: 'PLUGIN_START_FAILED', owner, fact: messageOf(cause), remedy: 'see the cause', cause }
    ])
  }
}
