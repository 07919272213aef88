import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from 'care-kernel'
import type { Repositories } from 'care-kernel/data'
import { describe, field, invalid, readInput, record, unauthenticated } from 'care-kernel/rest'
import type { Accounts, StoredAccount } from './accounts.ts'
import { User } from './models.ts'
import { passwordProblems } from './password-policy.ts'

const change = record({ old_password: field.text({ untrimmed: true }), new_password: field.text() })

/** Changing one's own password (contract auth-users §2.5). PATCH requires both fields too. */
export function passwordChangeRoutes(
  app: FastifyInstance,
  { accounts, database, repository }: { accounts: Accounts; database: Database; repository: Repositories }
): void {
  const options = {
    config: { permission: 'authenticated' },
    schema: describe({ summary: 'Change the own password', body: change })
  }
  const handle = async (request: FastifyRequest) => {
    const { old_password: old, new_password: next } = await readInput(request, change, { db: database })
    const {
      rows: [user]
    } = await database.query<StoredAccount>(
      'select id, username, password, first_name, last_name, email from users_user where id = $1',
      [request.actor?.id]
    )
    if (!user) throw unauthenticated()
    if (!(await accounts.matches(old, user.password)))
      throw invalid({ old_password: ['Wrong password entered. Please check your password.'] })
    const problems = passwordProblems(next, {
      username: user.username,
      firstName: user.first_name,
      lastName: user.last_name,
      email: user.email
    })
    if (problems.length > 0) throw invalid({ new_password: problems })
    await repository(User).update(database, user.id, { password: await accounts.hash(next) })
    return { message: 'Password updated successfully' }
  }
  app.put('/api/v1/password_change/', options, handle)
  app.patch('/api/v1/password_change/', options, handle)
}
