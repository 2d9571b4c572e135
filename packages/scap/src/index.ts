// Errors and XML
export { ContentError } from './errors.ts'
export type { ContentErrorCode, Place } from './errors.ts'
export { attribute, child, childrenNamed, childText, deepText, descendants } from './xml/element.ts'
export type { XmlAttribute, XmlElement } from './xml/element.ts'
export { DEFAULT_XML_LIMITS, readXml, readXmlAside } from './xml/read.ts'
export type { XmlLimits } from './xml/read.ts'
export { escapeAttribute, escapeText, writeXml, XmlWriter } from './xml/write.ts'
export type { WriteAttributes, XmlSink } from './xml/write.ts'
export { writeElement } from './xml/write-element.ts'
export { DEFINITIONS_PREFIXES } from './oval/parse/namespaces.ts'

// Patterns
export { compilePattern } from './regex/compile.ts'
export { createPatience } from './regex/patience.ts'
export type { Patience } from './regex/patience.ts'
export type { Pattern, PatternFlags, PatternMatch, PatternSpans } from './regex/pattern.ts'

// OVAL
export type * from './oval/model/content.ts'
export type * from './oval/model/criteria.ts'
export type * from './oval/model/definition.ts'
export type * from './oval/model/entity.ts'
export type * from './oval/model/enumerations.ts'
export type * from './oval/model/item.ts'
export type * from './oval/model/object.ts'
export type * from './oval/model/plan.ts'
export type * from './oval/model/resolved-object.ts'
export type * from './oval/model/result.ts'
export type * from './oval/model/state.ts'
export type * from './oval/model/system-characteristics.ts'
export type * from './oval/model/test.ts'
export type * from './oval/model/variable.ts'
export { isDenial } from './oval/denial.ts'
export { collectionSteps, isCollected, mentionedBy, objectDependencies, reachableObjects } from './oval/dependencies.ts'
export type { CollectionStep, Mentioned } from './oval/dependencies.ts'
export { matchEntity } from './oval/evaluate/entity.ts'
export { createEvaluation } from './oval/evaluate/evaluation.ts'
export type { Evaluation, EvaluationInput, ObjectSource } from './oval/evaluate/evaluation.ts'
export { applyFilters } from './oval/evaluate/filter.ts'
export { matchState } from './oval/evaluate/state.ts'
export { digestObject } from './oval/object-digest.ts'
export { parseOval } from './oval/parse.ts'
export { parseSystemCharacteristics, sourceById } from './oval/parse-system-characteristics.ts'
export type { SystemCharacteristicsDocument } from './oval/parse-system-characteristics.ts'
export { parseVariables } from './oval/parse-variables.ts'
export type { Generator } from './oval/write/generator.ts'
export { writeOvalResults } from './oval/write/results.ts'
export { parseDirectives } from './oval/parse-directives.ts'
export type { Directives, OvalResultsInput } from './oval/write/results.ts'
export { writeSystemCharacteristics } from './oval/write/system-characteristics.ts'
export type { SystemCharacteristicsInput } from './oval/write/system-characteristics.ts'
export { writeVariables } from './oval/write/variables.ts'

// XCCDF, CPE and data streams
export type * from './cpe/model.ts'
export type {
  Benchmark,
  Check as RuleCheck,
  ComplexCheck,
  Group,
  Profile,
  ProfileChange,
  Role,
  Rule,
  RuleOutcome,
  Severity,
  Text,
  Value,
} from './xccdf/model/benchmark.ts'
export type { BenchmarkContent } from './xccdf/content.ts'
export { planCollection } from './xccdf/check-plan.ts'
export { engineVersion } from './version.ts'
export { evaluateBenchmark, evaluateInSteps, evaluateWith } from './xccdf/evaluate.ts'
export type { BenchmarkResult, EvaluatedDocument, EvaluateOptions, RuleResult } from './xccdf/evaluate.ts'
export { scriptsIn } from './xccdf/judged-check.ts'
export type { DecidedCheck, JudgedCheck } from './xccdf/judged-check.ts'
export { exitStatuses, outcomeOfExit, resultEnvironment, scriptSystem, scriptType } from './sce/script.ts'
export type { ScriptRun } from './sce/script.ts'
export { resolveItems } from './xccdf/parse/inherit.ts'
export { findProfile, resolveProfile } from './xccdf/resolve.ts'
export type { ResolvedProfile, ResolvedRule } from './xccdf/resolve.ts'
export { defaultScore, scoreRules } from './xccdf/score.ts'
export type { Score } from './xccdf/score.ts'
export { parseTailoring } from './xccdf/tailoring.ts'
export type { Tailoring } from './xccdf/tailoring.ts'
export { renderText } from './xccdf/text.ts'
export { readContent } from './bundle/read-content.ts'
export type { ScapContent } from './bundle/read-content.ts'
export { remoteReferences } from './bundle/data-stream.ts'
export type { ContentFile, FindFile, RemoteReference } from './bundle/data-stream.ts'
export { composeDataStream } from './bundle/compose-stream.ts'
export { expand } from './bundle/bzip2.ts'
export { checkGuid, standardGuid } from './bundle/identity.ts'

// Reports
export { assembleContent } from './bundle/read-content.ts'
export { readDataStreams, readStreamChecks } from './bundle/data-stream.ts'
export type { StreamBenchmark } from './bundle/data-stream.ts'
export { readResults } from './report/read-results.ts'
export { checksOfPlatform } from './cpe/applicability.ts'
export type { CpeCheck } from './cpe/model.ts'
export { parseCpeList, parsePlatforms } from './cpe/parse.ts'
export { ovalSystem } from './xccdf/check-plan.ts'
export { sourceDocument } from './bundle/source-document.ts'
export type { SourceDocument } from './bundle/source-document.ts'
export { writeArf } from './report/arf.ts'
export { writeHtmlGuide } from './report/html-guide.ts'
export type { GuideInput } from './report/html-guide.ts'
export { writeHtmlReport } from './report/html-report.ts'
export { writeOvalHtmlReport } from './report/html-oval-report.ts'
export type { OvalReportInput, ReportedDefinition } from './report/html-oval-report.ts'
export { readOvalResults } from './report/read-oval-results.ts'
export { countOutcomes, outcomeOrder } from './report/counts.ts'
export { csvCell, csvReport } from './report/csv.ts'
export type { ReportInput, TestRun } from './report/input.ts'
export { jsonReport } from './report/json.ts'
export type { JsonReport, JsonRule } from './report/json.ts'
export { writeJunit } from './report/junit.ts'
export { ohdfReport } from './report/ohdf.ts'
export { instancesByDocument, resultFileNames, writeDocumentResults } from './report/oval-results.ts'
export { writeTestResult, writeXccdfResults } from './report/test-result.ts'

// Explanations
export { decidingTests } from './explain/deciding-tests.ts'
export { describeTest } from './explain/describe-test.ts'
export { explainDefinition } from './explain/explain-definition.ts'
export { explainRule } from './explain/explain-rule.ts'
export { replay, replayTest } from './explain/replay.ts'
export type {
  AskedEntity,
  CheckTrace,
  DefinitionTrace,
  DocumentTrace,
  ItemApplicability,
  ItemEntityTrace,
  ItemTrace,
  ObjectTrace,
  SetTrace,
  PlatformTrace,
  RuleTrace,
  StateEntityTrace,
  StateTrace,
  TestTrace,
  VariableTrace,
} from './explain/trace.ts'
