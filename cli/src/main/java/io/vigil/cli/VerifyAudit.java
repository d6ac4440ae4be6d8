package io.vigil.cli;

import io.vigil.cli.audit.DecisionProof;
import io.vigil.cli.audit.Finding;
import io.vigil.cli.audit.Verifier;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.NoteKey;
import io.vigil.schema.Decision;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit verify}: an archive, or the proof of one decision. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Verifies an archive by its signed heads, record by record, and says what is not as it was"
            + " logged. Exits 1 with findings.")
final class VerifyAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditKey key = new AuditKey();

  @ArgGroup(multiplicity = "1")
  private What what = new What();

  /** An archive or a proof. */
  static final class What {
    @ArgGroup(exclusive = false)
    private @Nullable AuditOptions archive;

    @Option(
        names = "--proof",
        required = true,
        paramLabel = "FILE",
        description = "The proof of one decision, as vigil audit prove writes it.")
    private @Nullable Path proof;
  }

  @Option(
      names = "--anchor",
      paramLabel = "FILE",
      description = "A head that was kept elsewhere; may be repeated.")
  private List<Path> anchors = new ArrayList<>();

  @Option(
      names = "--bound",
      paramLabel = "TIME",
      description = "The job's vigil.order.bound (default: what the archive says of its starts).")
  private @Nullable String bound;

  @Override
  public Integer call() {
    Path proof = what.proof;
    AuditOptions archive = what.archive;
    if (proof != null) {
      return one(proof, key.key());
    }
    if (archive == null) {
      throw new CliException("--archive or --proof: expected one, got none");
    }
    NoteKey noteKey = key.key();
    List<String> notes = anchors.stream().map(file -> KeysCommand.text("--anchor", file)).toList();
    ArchiveFolder folder = archive.archive();
    long boundMs = AuditOptions.boundMs(bound, folder);
    Verifier.Result result =
        archive.spilling(
            temporary -> new Verifier(folder, noteKey, boundMs, temporary).verify(notes));
    print(result, notes.size());
    console.writeJson(json(result, notes.size()));
    return result.findings().none() ? 0 : 1;
  }

  private void print(Verifier.Result result, int anchors) {
    PrintWriter out = console.out();
    result
        .records()
        .forEach(
            (kind, count) -> out.println("%-12s %,14d records".formatted(kind.folder(), count)));
    out.println("%-12s %,14d batches".formatted("log", result.batches()));
    out.println("%-12s %,14d signed".formatted("heads", result.heads()));
    out.println("%-12s %,14d given".formatted("anchors", anchors));
    if (result.heads() > 0) {
      out.println("covered      until " + Instant.ofEpochMilli(result.untilMs()));
    }
    if (result.open() > 0) {
      out.println(
          "not covered  %,d records that stand behind the last head".formatted(result.open()));
    }
    for (Finding finding : result.findings().kept()) {
      out.println("FINDING      " + finding.text());
    }
    result
        .findings()
        .counts()
        .forEach((code, count) -> out.println("%-24s %,d".formatted(code, count)));
    if (anchors == 0) {
      out.println(
          "no anchor    a cut tail, and whoever has the log's key, show only by a head that was kept"
              + " elsewhere");
    }
    out.println(result.findings().none() ? "OK           as logged" : "NOT OK       not as logged");
    out.flush();
  }

  private static Map<String, Object> json(Verifier.Result result, int anchors) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ok", result.findings().none());
    Map<String, Object> records = new LinkedHashMap<>();
    result
        .records()
        .forEach((kind, count) -> records.put(kind.name().toLowerCase(Locale.ROOT), count));
    json.put("records", records);
    json.put("batches", result.batches());
    json.put("heads", result.heads());
    json.put("anchors", anchors);
    json.put(
        "covered_until",
        result.heads() == 0 ? null : Instant.ofEpochMilli(result.untilMs()).toString());
    json.put("not_covered", result.open());
    json.put("findings_by_kind", result.findings().counts());
    json.put("findings", result.findings().kept());
    return json;
  }

  private Integer one(Path file, NoteKey noteKey) {
    String text = KeysCommand.text("--proof", file);
    Decision decision = ModelCommand.checked(() -> DecisionProof.parse(text).verify(noteKey));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ok", true);
    json.put("transaction_id", decision.getTransaction().getTransactionId());
    json.put("outcome", decision.getOutcome().name());
    json.put("effective_time", Instant.ofEpochMilli(decision.getEffectiveTime()).toString());
    console.out().println(decision);
    console
        .out()
        .println(
            "OK  the decision of %s stands in the log of %s"
                .formatted(decision.getTransaction().getTransactionId(), noteKey.name()));
    console.out().flush();
    console.writeJson(json);
    return 0;
  }
}
