import { deploymentOf } from '../../../kernel/lifecycle/deployment.ts'
import { openGateways, type Stoppable } from '../../../kernel/lifecycle/open-gateways.ts'
import type { Finding } from '../../../kernel/plugin/gateway.ts'
import { messageOf, ProblemsError } from '../../../kernel/plugin/problems.ts'
import type { Database } from '../../../kernel/ports/database.ts'
import type { PortName } from '../../../kernel/ports/index.ts'
import type { PlannedCare } from '../../care-kernel.ts'
import { makeLogger } from '../../data/logger.ts'
import { migrationState, stateProblems, type Migration } from '../../data/migrate.ts'
import { migrations } from '../../data/migrations.ts'
import { routes } from '../../http/contribution.ts'
import { makeServer } from '../../http/server.ts'
import type { CliCommand } from '../command.ts'
import { planDeployment } from '../open.ts'

/** Checks all of the environment; each failure says the fix. Exit code 1 when one must be fixed. */
export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'check the environment this config runs in',
  async run(cli) {
    const { terminal, configFile } = cli
    let failures = 0
    const tell = (part: string, { ok, fact, remedy }: Finding) => {
      if (!ok) failures++
      terminal.print(`${ok ? 'ok  ' : 'FAIL'}  ${part.padEnd(20)} ${fact}${ok || !remedy ? '' : `\n      → ${remedy}`}`)
    }
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    tell('node', {
      ok: major > 20 || (major === 20 && minor >= 19),
      fact: process.version,
      remedy: 'install Node 20.19 or later'
    })
    try {
      const planned = await planDeployment(cli)
      tell('config', {
        ok: true,
        fact: `${configFile}, ${planned.plugins.length} plugins, ${planned.of(routes).length} routes`
      })
      for (const [port, chosen] of planned.gateways) {
        const part = `${port}: ${chosen.gateway.name}`
        try {
          for (const [name, finding] of await examine(planned, port)) tell(name ?? part, finding)
        } catch (error) {
          tell(part, {
            ok: false,
            fact: error instanceof ProblemsError ? (error.problems[0]?.fact ?? error.message) : messageOf(error),
            remedy: `correct gateways.${port}, or start what it points to`
          })
        }
      }
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error
      for (const { code, owner, fact, remedy } of error.problems)
        tell('config', { ok: false, fact: `${code} ${owner}: ${fact}`, remedy })
    }
    terminal.print(failures === 0 ? 'nothing to fix' : `${failures} to fix`)
    return failures === 0 ? 0 : 1
  }
}

/** Opens one gateway with those it comes after, on a server of its own: what is wrong with one hides nothing of another. */
async function examine(planned: PlannedCare, port: PortName): Promise<[name: string | undefined, finding: Finding][]> {
  const { root, clock, of } = planned
  const chosen = planned.gateways.get(port)
  if (!chosen) return []
  const { gateway, settings } = chosen
  const gateways = new Map([...planned.gateways].filter(([name]) => name === port || gateway.after?.includes(name)))
  const logger = makeLogger('silent', {})
  const app = await makeServer(root, logger)
  const started: Stoppable[] = []
  try {
    const ports = await openGateways(gateways, { app, clock, logger, deployment: deploymentOf(root) }, started)
    const opened = ports[port]
    const findings = opened ? ((await gateway.doctor?.(opened, settings)) ?? []) : []
    await opened?.check()
    const own = [{ ok: true, fact: 'answers' }, ...findings].map((finding): [undefined, Finding] => [undefined, finding])
    return port === 'database' && ports.database ? [...own, ['schema', await schemaFinding(ports.database, of(migrations))]] : own
  } finally {
    await app.close()
    for (const { stop } of started.reverse()) await stop()
  }
}

async function schemaFinding({ url }: Database, declared: readonly Migration[]): Promise<Finding> {
  const [waiting] = stateProblems(await migrationState(url, declared))
  return waiting ? { ok: false, fact: waiting.fact, remedy: waiting.remedy } : { ok: true, fact: 'every migration is applied' }
}
