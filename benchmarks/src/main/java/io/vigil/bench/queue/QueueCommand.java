package io.vigil.bench.queue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.Machine;
import io.vigil.bench.queue.QueueStudy.Seed;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.store.LocalPostgres;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run queue}: what the console's order saves, and what its groups are worth. */
@Command(
    name = "queue",
    description =
        "A simulated team works through ten days of alerts in the console's own cases: by the"
            + " queue's order, by score, and first in, first out.")
public final class QueueCommand implements Callable<Integer> {

  /** Seeds that are studied beside each other: each holds a pool of connections. */
  private static final int AT_ONCE = 2;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(
      names = "--seeds",
      split = ",",
      defaultValue = "11,12,13,14,15",
      description = "Of the streams; not those that anything was chosen by.")
  private List<Long> seeds = List.of();

  @Option(names = "--accounts", defaultValue = "24000", description = "Of the simulated bank.")
  private int accounts;

  @Option(
      names = "--history-days",
      defaultValue = "20",
      description = "Days before the ten that only build up history.")
  private int historyDays;

  @Option(
      names = "--capacities",
      split = ",",
      defaultValue = "0.1,0.25,0.5",
      description = "What the team can do, as shares of the work that arrives.")
  private List<Double> capacities = List.of();

  @Option(
      names = "--doubling-hours",
      paramLabel = "H",
      description = "Another time in which waiting doubles a case's priority.")
  private @Nullable Double doublingHours;

  @Option(
      names = "--further-minutes",
      defaultValue = "0.2",
      description = "What a case's further alerts take, each; the first takes a minute.")
  private double furtherMinutes;

  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() throws Exception {
    Map<String, Object> machine = Machine.describe();
    machine.put("load_before", Machine.load());
    CaseRules rules = rules();
    WorkTime work = new WorkTime(1, furtherMinutes, 10);
    Bundle bundle = Bundle.builtIn("default");
    Path directory = Files.createTempDirectory("vigil-queue");
    List<Seed> studied = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
    try (LocalPostgres postgres = LocalPostgres.start(directory)) {
      QueueStudy study = new QueueStudy(postgres, rules, work);
      List<Future<Seed>> running =
          seeds.stream().map(seed -> pool.submit(() -> study(study, bundle, seed))).toList();
      for (Future<Seed> each : running) {
        studied.add(each.get());
        tell(studied.get(studied.size() - 1));
      }
    } finally {
      pool.shutdownNow();
      remove(directory);
    }
    QueueReport report = new QueueReport(studied);
    report.print(out());
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("benchmark", "queue");
    result.put("parameters", parameters(bundle, rules));
    result.put("machine", machine);
    result.putAll(report.json());
    machine.put("load_after", Machine.load());
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), result);
    }
    return 0;
  }

  private Seed study(QueueStudy study, Bundle bundle, long seed) throws SQLException {
    try (Scorer scorer = bundle.open("cpu")) {
      Deciding deciding = new Deciding(bundle, scorer);
      return study.study(
          seed, QueueStudy.period(deciding, seed, accounts, historyDays), capacities);
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private CaseRules rules() {
    CaseRules standard = CaseRules.standard("EUR");
    if (doublingHours == null) {
      return standard;
    }
    return new CaseRules(
        standard.baseCurrency(),
        standard.fourEyesAmountMinor(),
        standard.fourEyesAlerts(),
        standard.sla(),
        Duration.ofSeconds(Math.round(doublingHours * 3600)),
        standard.undo(),
        standard.hold(),
        standard.accountWindow(),
        standard.linkWindow(),
        standard.unremarkable(),
        standard.trustedADay());
  }

  private Map<String, Object> parameters(Bundle bundle, CaseRules rules) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("model", bundle.manifest().name());
    parameters.put("model_sha256", bundle.digest());
    parameters.put("seeds", seeds);
    parameters.put("accounts", accounts);
    parameters.put("history_days", historyDays);
    parameters.put("days", QueueStudy.DAYS);
    parameters.put("capacities", capacities);
    parameters.put("doubling_hours", rules.boostDoubling().toMinutes() / 60.0);
    parameters.put("account_window_hours", rules.accountWindow().toHours());
    parameters.put("link_window_hours", rules.linkWindow().toHours());
    parameters.put("further_minutes", furtherMinutes);
    return parameters;
  }

  private void tell(Seed seed) {
    out()
        .printf(
            Locale.ROOT,
            "seed %d: %,d payments, %,d alerts (%,d true), %,d cases: %.0f a day%n",
            seed.seed(),
            seed.period().transactions(),
            seed.period().alerts().size(),
            seed.period().alerts().stream().filter(SimAlert::fraud).count(),
            seed.untouched().cases(),
            seed.untouched().cases() / (double) QueueStudy.DAYS);
    out().flush();
  }

  private PrintWriter out() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command.commandLine().getOut();
  }
}
