import { resolve } from 'node:path'
import { connectPostgres } from 'care-kernel/data'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { startServer } from './launcher.ts'

export default defineGateway({
  port: 'database',
  name: 'database-embedded',
  summary: 'PostgreSQL that comes with the package, for trying out and for small sites',
  config: Type.Object(
    {
      directory: Type.String({ default: '.care/postgres', description: 'Where its data lives' }),
      port: Type.Integer({ default: 0, minimum: 0, maximum: 65535, description: '0 takes a free one' }),
      poolSize: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 40 })], { default: 'auto' }),
      statementSeconds: Type.Integer({ default: 30, minimum: 0 })
    },
    { additionalProperties: false }
  ),
  shared: false,
  async open({ directory, port, poolSize, statementSeconds }, { app, deployment, logger }) {
    const server = await startServer({ directory: resolve(directory), ...(port > 0 ? { port } : {}) })
    try {
      const database = await connectPostgres(app, {
        url: server.url,
        poolSize,
        processes: 1,
        statementSeconds,
        timeZone: deployment.timeZone,
        applicationName: `care-kernel ${deployment.name}`,
        onError: error => logger.warn({ code: (error as { code?: string }).code }, 'a connection to the embedded database ended')
      })
      await database.check()
      return {
        ...database,
        async close() {
          await database.close()
          await server.stop()
        }
      }
    } catch (error) {
      await server.stop()
      throw error
    }
  }
})
