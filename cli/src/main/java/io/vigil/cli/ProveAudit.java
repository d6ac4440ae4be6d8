package io.vigil.cli;

import io.vigil.cli.audit.DecisionProof;
import io.vigil.cli.audit.Export;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit prove}: that one decision stands in the log. */
@Command(
    name = "prove",
    mixinStandardHelpOptions = true,
    description =
        "Writes the proof that a decision stands in the log: its bytes, the way to its batch, and"
            + " from there to the newest head. Nobody else's data is in it.")
final class ProveAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditOptions options = new AuditOptions();

  @Option(
      names = "--decision",
      required = true,
      paramLabel = "ID",
      description = "The transaction's id.")
  private String id = "";

  @Option(
      names = "--day",
      paramLabel = "DATE",
      description = "The day of its effective time in UTC: saves reading the others.")
  private @Nullable LocalDate day;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "The proof.")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    DecisionProof proof;
    try {
      proof =
          options.spilling(temporary -> DecisionProof.of(options.archive(), id, day, temporary));
    } catch (Export.UnpackableException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    KeysCommand.replace(out.toAbsolutePath(), proof.text());
    console.out().println("decision %s stands in %s".formatted(id, proof.batch()));
    console.out().println("proof    " + out);
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transaction_id", id);
    json.put("batch", proof.batch().line());
    json.put("index", proof.index());
    json.put("proof", out.toString());
    console.writeJson(json);
    return 0;
  }
}
