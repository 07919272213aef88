// The same page by Fastify and pg alone: one statement given as JSON on the command line, its text sent as it comes. What a request
// costs here is what Node and PostgreSQL's driver cost; the rest is ours.
import fastify from 'fastify'
import pg from 'pg'

interface Asked {
  readonly url: string
  readonly options: string
  readonly max: number
  readonly text: string
  readonly values: unknown[]
}

const { url, options, max, text, values } = JSON.parse(process.argv[2] ?? '{}') as Asked
const pool = new pg.Pool({ connectionString: url, options, max })
const app = fastify()
app.get('*', async (request, reply) => {
  const { rows } = await pool.query<{ results?: string; json?: string }>({ name: 'page', text, values })
  return reply.type('application/json').send(rows[0]?.results ?? rows[0]?.json)
})
console.log(await app.listen({ port: 0 }))
