import type { Command } from 'care-kernel'
import { findingsOf } from './check.ts'
import { grant, revoke, scramVerifier } from './grant.ts'
import type { ReportingScope } from './manifest.ts'
import { viewsOf } from './views.ts'

/** `care-kernel reporting …` */
export const commands: Readonly<Record<string, Command<ReportingScope>>> = {
  'reporting grant': {
    summary: 'replace the masked views and the role that reads them',
    usage: command => command.option('--password', 'ask for the role’s password'),
    async run(scope, args, { password }, terminal) {
      const verifier = password ? scramVerifier(await terminal.secret(`Password of ${scope.config.role}`)) : undefined
      const { all, fingerprint } = await grant(scope, verifier)
      terminal.print(`${all.length} views in ${scope.config.schema}, version ${fingerprint}, read by ${scope.config.role}`)
      return 0
    }
  },
  'reporting check': {
    summary: 'prove that the role reads the masked views and nothing else',
    async run({ database, columns, config, deployment }, args, options, terminal) {
      const views = await viewsOf(database, columns, config, deployment.timeZone)
      const findings = await findingsOf(database, config, views)
      for (const { ok, fact, remedy } of findings)
        terminal.print(`${ok ? 'ok  ' : 'FAIL'}  ${fact}${ok || !remedy ? '' : `\n      → ${remedy}`}`)
      return findings.every(({ ok }) => ok) ? 0 : 1
    }
  },
  'reporting revoke': {
    summary: 'drop the masked views and revoke all rights',
    async run(scope, args, options, terminal) {
      await revoke(scope)
      terminal.print(`nothing is left in ${scope.config.schema} for ${scope.config.role} to read`)
      return 0
    }
  }
}
