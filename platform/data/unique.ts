const UNIQUE_VIOLATION = '23505'

/**
 * Runs a write of a repository or of a Sequelize model. A violation of a unique constraint or index that is named here is thrown as
 * the error given for it; every other error stays as it is. The transaction has failed in either case.
 */
export async function refusingDuplicates<T>(errors: Readonly<Record<string, () => Error>>, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const { code, constraint = '' } = ((error as { original?: unknown }).original ?? error) as {
      readonly code?: string
      readonly constraint?: string
    }
    const refusal = code === UNIQUE_VIOLATION && Object.hasOwn(errors, constraint) ? errors[constraint] : undefined
    throw refusal ? refusal() : error
  }
}
