import type { Contribution } from '../../kernel/contributions/contribution.ts'
import { models } from './models.ts'
import { makeRepositories } from './repository.ts'
import { WriteObservers } from './writes.ts'

/** Repositories of the models, and the observers of what is written through them and through Sequelize. */
export const writePath: Contribution<WriteObservers> = {
  name: 'write path',
  collect: () => new WriteObservers(),
  provide(writes, { of, clock }) {
    const definitions = [...of(models).values()].map(({ definition }) => definition)
    const repository = makeRepositories(definitions, clock, writes)
    return () => ({ writes, repository })
  },
  open(writes, { of, ports: { database } }) {
    const byName = new Map([...of(models).values()].map(({ definition }) => [definition.name, definition]))
    if (database) writes.watch(database.sequelize, byName)
  }
}
