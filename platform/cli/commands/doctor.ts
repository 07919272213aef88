import type { Finding } from '../../../kernel/plugin/gateway.ts'
import { messageOf, ProblemsError } from '../../../kernel/plugin/problems.ts'
import { migrationState, stateProblems } from '../../data/migrate.ts'
import { openKernel, planKernel } from '../../../kernel/lifecycle/kernel.ts'
import { makeLogger } from '../../../kernel/ports/logger.ts'
import type { CliCommand } from '../main.ts'

/** Checks all of the environment; each failure says the fix. Exit code 1 when one must be fixed. */
export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'check the environment this config runs in',
  async run({ terminal, source, configFile }) {
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
    const { source: own, problems } = source()
    try {
      const planned = await planKernel(own, problems)
      tell('config', {
        ok: true,
        fact: `${configFile}, ${planned.plan.plugins.length} plugins, ${planned.plan.routes.length} routes`
      })
      for (const [port, chosen] of planned.composition.gateways) {
        const alone = {
          ...planned,
          composition: {
            ...planned.composition,
            gateways: new Map(
              [...planned.composition.gateways].filter(([name]) => name === port || chosen.gateway.after?.includes(name))
            ),
            plugins: [],
            migrations: planned.composition.migrations
          }
        }
        const part = `${port}: ${chosen.gateway.name}`
        try {
          const kernel = await openKernel(alone, { logger: makeLogger('silent', {}) })
          try {
            const opened = kernel.ports[port]
            const findings: readonly Finding[] = opened ? ((await chosen.gateway.doctor?.(opened, chosen.settings)) ?? []) : []
            await opened?.check()
            tell(part, { ok: true, fact: 'answers' })
            for (const finding of findings) tell(part, finding)
            if (port === 'database' && kernel.ports.database) {
              const [waiting] = stateProblems(await migrationState(kernel.ports.database.url, planned.composition.migrations))
              tell(
                'schema',
                waiting
                  ? { ok: false, fact: waiting.fact, remedy: waiting.remedy }
                  : { ok: true, fact: 'every migration is applied' }
              )
            }
          } finally {
            await kernel.stop()
          }
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
