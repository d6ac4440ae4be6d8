package io.vigil.cli;

import io.vigil.cli.audit.Export;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit export}: an archive's proof for verifiers that share no code with it. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description =
        "Packs heads, log and records for docs/audit/VerifyPackage.java. It judges and repairs"
            + " nothing.")
final class ExportAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditOptions options = new AuditOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The package, an empty folder or a new one.")
  private Path out = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "DATE",
      description = "The first day in UTC whose records go with it (default: all).")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DATE", description = "The last one.")
  private @Nullable LocalDate to;

  @Option(
      names = "--bound",
      paramLabel = "TIME",
      description = "The job's vigil.order.bound (default: what the archive says of its starts).")
  private @Nullable String bound;

  @Override
  public Integer call() {
    requireEmpty();
    long boundMs = AuditOptions.boundMs(bound, options.archive());
    Export.Written written;
    try {
      written =
          options.spilling(
              temporary -> new Export(options.archive(), boundMs, temporary).write(out, from, to));
    } catch (Export.UnpackableException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    console
        .out()
        .println(
            "packed %d heads, %d batches and %d records; %d are not covered yet"
                .formatted(written.heads(), written.batches(), written.records(), written.open()));
    console.out().println("package  " + out);
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("heads", written.heads());
    json.put("batches", written.batches());
    json.put("records", written.records());
    json.put("not_covered", written.open());
    console.writeJson(json);
    return 0;
  }

  private void requireEmpty() {
    if (!Files.exists(out)) {
      return;
    }
    try (Stream<Path> files = Files.list(out)) {
      if (files.findAny().isPresent()) {
        throw new CliException("--out: expected an empty folder, got " + out);
      }
    } catch (IOException e) {
      throw new CliException("--out " + out + " cannot be read: " + e.getMessage(), e);
    }
  }
}
