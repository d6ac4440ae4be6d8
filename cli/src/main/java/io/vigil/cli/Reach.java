package io.vigil.cli;

import io.vigil.cli.kafka.Brokers;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.OptionsFile;
import io.vigil.job.VigilOptions;
import io.vigil.job.control.JobKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * A broker to read from: that of the stack that runs on a data directory, or one started on it for
 * as long as this is open.
 */
final class Reach implements AutoCloseable {

  private final Brokers brokers;
  private final JobKeys jobKeys;
  private final @Nullable Path registry;
  private final @Nullable LocalStack stack;
  private final @Nullable DataDir data;
  private final @Nullable ProcessUsage usage;

  private Reach(
      Brokers brokers,
      JobKeys jobKeys,
      @Nullable Path registry,
      @Nullable LocalStack stack,
      @Nullable DataDir data,
      @Nullable ProcessUsage usage) {
    this.brokers = brokers;
    this.jobKeys = jobKeys;
    this.registry = registry;
    this.stack = stack;
    this.data = data;
    this.usage = usage;
  }

  /** Brokers that run elsewhere. */
  static Reach of(Brokers brokers) {
    return of(brokers, JobKeys.of(List.of()));
  }

  /** Brokers that run elsewhere, and whose answers count there. */
  static Reach of(Brokers brokers, JobKeys jobKeys) {
    return new Reach(brokers, jobKeys, null, null, null, null);
  }

  static Reach to(Path directory) throws InterruptedException {
    Configuration told = options(directory);
    JobKeys keys = JobKeys.of(told.get(VigilOptions.CONTROL_JOB_KEYS));
    Path registry = local(told.get(VigilOptions.CONTROL_REGISTRY));
    Map<String, String> running = DataDir.running(directory);
    if (running != null) {
      return new Reach(
          Brokers.at(running.getOrDefault("bootstrap", "")), keys, registry, null, null, null);
    }
    if (!DataDir.hasData(directory)) {
      throw new CliException("there is no local stack in " + directory);
    }
    DataDir data = DataDir.open(directory);
    ProcessUsage usage = new ProcessUsage();
    try {
      LocalStack stack = LocalStack.start(data, 0, usage);
      return new Reach(stack.brokers(), keys, registry, stack, data, usage);
    } catch (InterruptedException | RuntimeException e) {
      usage.close();
      data.close();
      throw e;
    }
  }

  private static @Nullable Path local(@Nullable String pathOrUri) {
    if (pathOrUri == null) {
      return null;
    }
    if (!pathOrUri.contains(":")) {
      return Path.of(pathOrUri);
    }
    return pathOrUri.startsWith("file:") ? Path.of(URI.create(pathOrUri)) : null;
  }

  /** What the job on the directory was told. */
  private static Configuration options(Path directory) {
    Path conf = DataDir.conf(directory);
    try {
      return Files.exists(conf) ? OptionsFile.read(conf) : new Configuration();
    } catch (IOException | IllegalArgumentException e) {
      throw new CliException("cannot read " + conf + ": " + e.getMessage(), e);
    }
  }

  Brokers brokers() {
    return brokers;
  }

  /** Where the job's artefacts are; null when nothing on this machine is known of it. */
  @Nullable Path registry() {
    return registry;
  }

  /** Whose answers count on this broker; none when nothing is known of the job. */
  JobKeys jobKeys() {
    return jobKeys;
  }

  @Override
  public void close() {
    if (stack != null && data != null && usage != null) {
      stack.close();
      usage.close();
      data.close();
    }
  }
}
