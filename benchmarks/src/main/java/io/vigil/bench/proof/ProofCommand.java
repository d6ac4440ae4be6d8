package io.vigil.bench.proof;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.Machine;
import io.vigil.bench.measure.Interleaved;
import io.vigil.bench.measure.ProcessClock;
import io.vigil.bench.measure.Rounds;
import io.vigil.bench.measure.Spread;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.model.approval.SigningKeys;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run proof}: what the archive and its proof cost an event. */
@Command(
    name = "proof",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Processor time of a payment in the job without an archive, with one, and with one that is"
            + " proved.")
public final class ProofCommand implements Callable<Integer> {
  private static final long FIRST_MS = 1_767_225_600_000L;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(names = "--payments", defaultValue = "80000", description = "Of a slice.")
  private int payments;

  @Option(names = "--per-second", defaultValue = "1000", description = "Of the stream's time.")
  private int perSecond;

  @Option(names = "--accounts", defaultValue = "5000", description = "Of the simulator.")
  private int accounts;

  @Option(names = "--parallelism", defaultValue = "2", description = "Subtasks.")
  private int parallelism;

  @Option(names = "--rounds", defaultValue = "10", description = "In which the sides take turns.")
  private int rounds;

  @Option(names = "--warm-up", defaultValue = "3", description = "First rounds not counted.")
  private int warmUpRounds;

  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() throws Exception {
    double loadBefore = Machine.load();
    ProvedSide.payments(simulated());
    Path folder = Files.createTempDirectory("vigil-proof");
    Path key = folder.resolve("proof.key");
    Files.writeString(key, SigningKeys.privatePem(SigningKeys.generate().getPrivate()));
    List<ProvedSide> sides = new ArrayList<>();
    for (ProvedSide.Kept kept : ProvedSide.Kept.values()) {
      sides.add(
          new ProvedSide(kept, folder.resolve("archive"), key, parallelism, FIRST_MS, perSecond));
    }
    Rounds measured =
        new Interleaved(new ProcessClock()).run(sides, payments * rounds, rounds, warmUpRounds);
    Files.delete(key);
    Files.delete(folder);

    Map<String, Object> result = new LinkedHashMap<>();
    Map<String, Object> cpu = new LinkedHashMap<>();
    for (ProvedSide side : sides) {
      cpu.put(side.name(), measured.cpuUs(side.name()));
    }
    result.put("cpu_us_per_payment", cpu);
    result.put("share_archive", share(measured, "archive", "nothing"));
    result.put("share_proof", share(measured, "proof", "archive"));
    result.put("share_archive_and_proof", share(measured, "proof", "nothing"));
    Map<String, Object> all = new LinkedHashMap<>();
    for (int side = 0; side < measured.sides().size(); side++) {
      List<Double> us = new ArrayList<>();
      for (double each : measured.cpuUs()[side]) {
        us.add(each);
      }
      all.put(measured.sides().get(side), us);
    }
    result.put("rounds_cpu_us_per_payment", all);
    result.put("parameters", parameters());
    result.put("machine", Machine.describe());
    result.put("load_before", loadBefore);
    result.put("load_after", Machine.load());
    CommandSpec given = command;
    if (given != null) {
      PrintWriter out = given.commandLine().getOut();
      result.forEach((name, value) -> out.println(name + "  " + value));
      out.flush();
    }
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), result);
    }
    return 0;
  }

  /**
   * What one side costs more than another, as a share of what a payment costs in a job that runs:
   * without the start, which is large beside a slice. The start of more operators counts as theirs.
   */
  private static Spread share(Rounds measured, String with, String without) {
    double[] shares = new double[measured.cpuUs()[0].length - measured.warmUpRounds()];
    for (int i = 0; i < shares.length; i++) {
      int round = i + measured.warmUpRounds();
      double more = cpuUs(measured, with, round) - cpuUs(measured, without, round);
      double payment = cpuUs(measured, "nothing", round) - cpuUs(measured, "start", round);
      shares[i] = more / payment;
    }
    return Spread.of(shares);
  }

  private static double cpuUs(Rounds measured, String side, int round) {
    return measured.cpuUs()[measured.sides().indexOf(side)][round];
  }

  /** The simulator's payments, so many in a second of the stream as were asked for. */
  private List<byte[]> simulated() {
    Simulator simulator =
        new Simulator(SimulatorOptions.of(5, Long.MAX_VALUE).withAccounts(accounts));
    Codec<Transaction> codec = Codec.of(Transaction.class);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < payments * rounds; i++) {
      Transaction transaction = simulator.next().transaction();
      transaction.setEventTime(FIRST_MS + i * 1000L / perSecond);
      all.add(codec.encode(transaction));
    }
    return all;
  }

  private Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("payments", payments);
    parameters.put("per_second", perSecond);
    parameters.put("accounts", accounts);
    parameters.put("parallelism", parallelism);
    parameters.put("rounds", rounds);
    parameters.put("warm_up", warmUpRounds);
    return parameters;
  }
}
