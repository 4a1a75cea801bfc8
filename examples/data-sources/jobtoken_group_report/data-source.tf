data "jobtoken_group_report" "acme" {
  group       = "acme"
  project     = "acme/shared-lib"
  unused_days = 180
}

output "risks" {
  value = [for risk in data.jobtoken_group_report.acme.risks : "${risk.severity}: ${risk.about} ${risk.fix}"]
}

output "who_reaches_shared_lib" {
  value = data.jobtoken_group_report.acme.reachable_by[*].path
}

# For a page of GitLab's Markdown: terraform output -raw picture > reach.md
output "picture" {
  value = "```mermaid\n${data.jobtoken_group_report.acme.mermaid}```\n"
}

# Every plan and apply looks, and warns.
check "nothing_is_wide_open" {
  assert {
    condition     = !anytrue([for risk in data.jobtoken_group_report.acme.risks : risk.severity == "high"])
    error_message = join("\n", [for risk in data.jobtoken_group_report.acme.risks : "${risk.about} ${risk.fix}" if risk.severity == "high"])
  }
}
