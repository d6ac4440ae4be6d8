package io.vigil.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.rocksdb.RocksDB;

/** What a benchmark ran on, for its result. */
public final class Machine {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final String MODEL = "model name";

  private Machine() {}

  /** Names and values as they stand in results. */
  public static Map<String, Object> describe() {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("os", System.getProperty("os.name"));
    machine.put("arch", System.getProperty("os.arch"));
    machine.put("processor", processor());
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("heap_mib", Runtime.getRuntime().maxMemory() >> 20);
    machine.put("java", Runtime.version().toString());
    machine.put("jvm_arguments", ManagementFactory.getRuntimeMXBean().getInputArguments());
    machine.put("flink", EnvironmentInformation.getVersion());
    machine.put("rocksdb", library(RocksDB.class));
    return machine;
  }

  /** Threads that wanted a core, averaged over the last minute; negative if unknown. */
  public static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String processor() {
    if (!Files.isReadable(PROCESSORS)) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      List<String> models =
          lines.filter(line -> line.startsWith(MODEL)).map(Machine::value).distinct().toList();
      return models.isEmpty() ? "unknown" : String.join(", ", models);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name of the jar, which holds the version. */
  private static String library(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return source == null
        ? "unknown"
        : String.valueOf(Path.of(source.getLocation().getPath()).getFileName());
  }

  private static String value(String line) {
    return line.substring(line.indexOf(':') + 1).strip();
  }
}
