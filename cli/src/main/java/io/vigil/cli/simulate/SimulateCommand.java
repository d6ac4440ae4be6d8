package io.vigil.cli.simulate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vigil simulate}: the simulator's stream as a file. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description = "Writes a stream of simulated payments with planted fraud as CSV.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:written", "1:could not be written", "2:wrong usage"})
public final class SimulateCommand implements Callable<Integer> {
  // Picocli sets it before it calls.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--transactions",
      defaultValue = "100000",
      paramLabel = "N",
      description = "Rows to write (default: ${DEFAULT-VALUE}).")
  private long transactions;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "The same seed and options give the same rows (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "CSV file to write; compressed when the name ends in .gz.")
  private @Nullable Path out;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes what was written, for machines to read.")
  private @Nullable Path json;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      description = "Customers (default: one for 40 transactions, at least 500).")
  private @Nullable Integer accounts;

  @Option(
      names = "--start",
      paramLabel = "INSTANT",
      description = "No transaction is earlier (default: 2026-01-01T00:00:00Z).")
  private @Nullable Instant start;

  @Option(
      names = "--fraud-share",
      paramLabel = "SHARE",
      description = "Share of fraud in all transactions, 0 to 0.5 (default: 0.005).")
  private @Nullable Double fraudShare;

  @Option(
      names = "--fraud",
      paramLabel = "KIND=SHARE",
      description = "Share of one kind of fraud in all transactions; may be repeated.")
  private Map<String, Double> fraudShares = new LinkedHashMap<>();

  @Option(
      names = "--never-reported",
      paramLabel = "SHARE",
      description = "Share of victims who never report, 0 to 1 (default: 0.15).")
  private @Nullable Double neverReported;

  @Override
  public Integer call() {
    SimulatorOptions options;
    try {
      options = options();
    } catch (IllegalArgumentException e) {
      return fail(2, e.getMessage());
    }
    Path file = out;
    if (file == null) {
      return fail(2, "--out: expected a file");
    }
    try {
      SimulatedFile.Summary summary =
          SimulatedFile.write(new Simulator(options), file, progress(options.transactions()));
      if (json != null) {
        Files.writeString(json, toJson(summary));
      }
      return 0;
    } catch (FileSystemException e) {
      String reason = e.getReason();
      return fail(
          1,
          "cannot write "
              + e.getFile()
              + ": "
              + (reason == null ? e.getClass().getSimpleName() : reason));
    } catch (IOException e) {
      return fail(1, "cannot write " + file + ": " + e.getMessage());
    }
  }

  private SimulatorOptions options() {
    SimulatorOptions options = SimulatorOptions.of(seed, transactions);
    options = accounts == null ? options : options.withAccounts(accounts);
    options = start == null ? options : options.withStart(start);
    options = fraudShare == null ? options : options.withFraudShare(fraudShare);
    options = neverReported == null ? options : options.withNeverReportedShare(neverReported);
    EnumMap<FraudKind, Double> shares = new EnumMap<>(options.fraudShares());
    for (Map.Entry<String, Double> share : fraudShares.entrySet()) {
      FraudKind kind = FraudKind.byId(share.getKey());
      if (kind == null) {
        throw new IllegalArgumentException(
            "--fraud: expected a kind of "
                + Arrays.toString(FraudKind.values())
                + ", got "
                + share.getKey());
      }
      shares.put(kind, share.getValue());
    }
    return options.withFraudShares(shares);
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  private int fail(int code, @Nullable String message) {
    err().println("vigil simulate: " + message);
    err().flush();
    return code;
  }

  /** Rows written so far, on a terminal only. */
  // From JDK 22 on a console is always there; this builds and runs with 17.
  @SuppressWarnings("SystemConsoleNull")
  private LongConsumer progress(long total) {
    if (System.console() == null) {
      return written -> {};
    }
    PrintWriter err = err();
    return written -> {
      err.printf("\r%3d %%  %,d of %,d", 100 * written / total, written, total);
      if (written + 10_000 > total) {
        err.println();
      }
      err.flush();
    };
  }

  private static String toJson(SimulatedFile.Summary summary) {
    StringBuilder text = new StringBuilder();
    text.append("{\"transactions\": ").append(summary.transactions());
    text.append(", \"frauds\": ").append(summary.frauds());
    text.append(", \"frauds_by_kind\": {");
    String separator = "";
    for (Map.Entry<FraudKind, Long> kind : summary.fraudsByKind().entrySet()) {
      text.append(separator).append('"').append(kind.getKey().id()).append("\": ");
      text.append(kind.getValue());
      separator = ", ";
    }
    text.append("}, \"labels\": ").append(summary.labels());
    text.append(", \"from\": \"").append(summary.from());
    text.append("\", \"to\": \"").append(summary.to());
    text.append("\", \"sha256\": \"").append(summary.sha256()).append("\"}\n");
    return text.toString();
  }
}
