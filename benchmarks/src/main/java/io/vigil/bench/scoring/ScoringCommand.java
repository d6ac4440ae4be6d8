package io.vigil.bench.scoring;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.measure.ProcessClock;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run scoring}: what a row's score costs. */
@Command(
    name = "scoring",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Processor time and rows a second: batches through our scorer beside DJL's Predictor, record"
            + " at a time and with its batchifier; jobs beside a bare loop; bits; and, with --leak,"
            + " memory.")
public final class ScoringCommand implements Callable<Integer> {
  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(
      names = "--device",
      paramLabel = "cpu|gpu:N",
      defaultValue = "cpu",
      description = "Where all sides run.")
  private String device = "cpu";

  @Option(
      names = "--networks",
      split = ",",
      defaultValue = "MLP,GRU_16,GRU_32,TRANSFORMER_32",
      description = "Of ${COMPLETION-CANDIDATES}.")
  private List<Network> networks = List.of();

  @Option(
      names = "--rows",
      defaultValue = "8192",
      description = "MLP rows of a round; networks over sequences take a part of it.")
  private int rows;

  @Option(names = "--rounds", defaultValue = "12", description = "In which all sides take turns.")
  private int rounds;

  @Option(names = "--warm-up", defaultValue = "3", description = "First rounds not counted.")
  private int warmUpRounds;

  @Option(
      names = "--stream-rows",
      defaultValue = "400000",
      description = "Rows of the job beside the bare loop, each round; 0 for no jobs.")
  private long streamRows;

  @Option(names = "--stream-rounds", defaultValue = "10", description = "Rounds of these jobs.")
  private int streamRounds;

  @Option(
      names = "--bit-rows",
      defaultValue = "10000",
      description = "Rows of which the logits' bits are compared; 0 for none.")
  private int bitRows;

  @Option(
      names = "--leak",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Rows through the service while memory is watched, and starts of it after that; 0 for"
              + " none.")
  private long leakRows;

  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() throws Exception {
    check();
    ScoringReport report = new ScoringReport(commandSpec().commandLine().getOut(), parameters());
    // Before anything else has made memory grow.
    if (leakRows > 0) {
      Bundle bundle = Network.MLP.bundle(device);
      report.memory("leak", Leak.rows(Network.MLP, bundle, device, NetworkRun.BATCH, leakRows));
      report.memory("restarts", Leak.starts(Network.MLP, bundle, device));
      write(report);
    }
    for (Network network : networks) {
      Bundle bundle = network.bundle(device);
      try (Scorer scorer = bundle.open(device)) {
        report.engineClass(scorer.engineClass());
      }
      report.network(
          NetworkRun.of(
              network,
              bundle,
              device,
              Math.max(1, rows / network.weight()),
              rounds,
              warmUpRounds,
              new ProcessClock()));
      write(report);
    }
    if (streamRows > 0) {
      streams(report);
    }
    bits(report);
    return 0;
  }

  private void streams(ScoringReport report) throws Exception {
    Bundle bundle = Network.MLP.bundle(device);
    Path parent = Files.createTempDirectory("vigil-scoring");
    Path folder = parent.resolve("bundle");
    try {
      bundle.copyTo(folder);
      report.streams(
          StreamRun.of(
              Network.MLP,
              bundle,
              folder,
              device,
              NetworkRun.BATCH,
              streamRows,
              streamRounds,
              Math.min(warmUpRounds, streamRounds - 1)));
    } finally {
      try (var files = Files.walk(parent)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    write(report);
  }

  private void bits(ScoringReport report) throws IOException, InterruptedException {
    if (bitRows == 0) {
      return;
    }
    int differing = 0;
    for (Network network : networks) {
      Map<String, Object> found = SameBits.check(network, network.bundle(device), device, bitRows);
      report.bits(network, found);
      differing += (int) found.getOrDefault("differing_rows", 0);
      write(report);
    }
    if (differing > 0) {
      throw new IllegalStateException(
          "bits: expected the same from all batch sizes, threads and starts, %d rows differ"
              .formatted(differing));
    }
  }

  /** After each part: the next may take long, and what is measured stays so. */
  private void write(ScoringReport report) throws IOException {
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), report.json());
    }
  }

  private void check() {
    boolean counts = rows >= 1 && rounds > warmUpRounds && warmUpRounds >= 0 && streamRounds >= 1;
    boolean amounts = streamRows >= 0 && bitRows >= 0 && (leakRows == 0 || leakRows >= 1_000);
    if (!counts || !amounts || !device.matches("cpu|gpu:\\d{1,3}")) {
      throw new ParameterException(
          commandSpec().commandLine(),
          "expected cpu or gpu:N, at least one row, more rounds than --warm-up, and 0 or at least"
              + " 1000 rows for --leak");
    }
  }

  private Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("device", device);
    parameters.put("networks", networks.stream().map(Network::id).toList());
    parameters.put("rows_per_round", rows);
    parameters.put("rounds", rounds);
    parameters.put("warm_up_rounds", warmUpRounds);
    parameters.put("stream_rows", streamRows);
    parameters.put("stream_rounds", streamRounds);
    parameters.put("bit_rows", bitRows);
    parameters.put("leak_rows", leakRows);
    return parameters;
  }

  private CommandSpec commandSpec() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command;
  }
}
