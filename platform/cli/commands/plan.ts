import { readConfig } from '../../../kernel/config/read.ts'
import type { Problem } from '../../../kernel/plugin/problems.ts'
import { planKernel } from '../../../kernel/lifecycle/kernel.ts'
import { diffPlans, renderPlan } from '../plan-text.ts'
import type { CliCommand } from '../main.ts'

/** Everything that would be mounted; touches no network. */
export const planCommand: CliCommand = {
  name: 'plan',
  summary: 'print everything this config would mount',
  usage: command => command.option('--json', 'as JSON').option('--diff <file>', 'what changes against another config'),
  async run({ terminal, env, source }, args, options) {
    const { source: own, problems } = source()
    const { plan } = await planKernel(own, problems)
    if (typeof options.diff === 'string') {
      const earlier: Problem[] = []
      const other = await planKernel({ raw: readConfig(options.diff, env, earlier) }, earlier)
      terminal.print(diffPlans(plan, other.plan))
    } else terminal.print(options.json ? JSON.stringify(plan, null, 2) : renderPlan(plan))
    return 0
  }
}
