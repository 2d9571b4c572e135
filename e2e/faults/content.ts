/**
 * Small benchmarks for imports. Each number makes a benchmark of its own; its one rule needs nothing collected.
 */
export function benchmarkXml(number: string): string {
  return `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_${number}">
  <status>draft</status><title>Faults ${number}</title><version>1.0.0</version>
  <Profile id="xccdf_org.example_profile_all"><title>All</title>
    <select idref="xccdf_org.example_rule_one" selected="true"/>
  </Profile>
  <Rule id="xccdf_org.example_rule_one" severity="low"><title>Ask a person</title></Rule>
</Benchmark>
`
}
