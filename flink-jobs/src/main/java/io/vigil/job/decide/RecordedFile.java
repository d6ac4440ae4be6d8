package io.vigil.job.decide;

import io.vigil.schema.Digest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.fs.Path;

/**
 * What a replay takes as given, as a file that its subtasks read: a line for each transaction, with
 * the cause, the models that were silent, separated by commas, and its id, URL encoded, by tabs.
 * Immutable.
 *
 * @param uri of the file; empty for nothing given
 */
public record RecordedFile(String uri) implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int FIELDS = 3;

  /** Nothing is given. */
  public static final RecordedFile NONE = new RecordedFile("");

  /** A line of the file. */
  public static String line(String transactionId, Recorded.Fallback fallback) {
    return fallback.cause()
        + '\t'
        + String.join(
            ",",
            fallback.silent().stream()
                .map(digest -> HexFormat.of().formatHex(digest.bytes()))
                .sorted()
                .toList())
        + '\t'
        + URLEncoder.encode(transactionId, StandardCharsets.UTF_8)
        + '\n';
  }

  /** Reads all of it. */
  Recorded open() throws IOException {
    if (uri.isEmpty()) {
      return Recorded.NOTHING;
    }
    Map<String, Recorded.Fallback> all = new HashMap<>();
    Path file = new Path(uri);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(file.getFileSystem().open(file), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split("\t", FIELDS);
        Set<Digest> silent = new HashSet<>();
        if (!fields[1].isEmpty()) {
          for (String digest : fields[1].split(",", -1)) {
            silent.add(Decider.digest(digest));
          }
        }
        all.put(
            URLDecoder.decode(fields[2], StandardCharsets.UTF_8),
            new Recorded.Fallback(fields[0], silent));
      }
    }
    return all::get;
  }
}
