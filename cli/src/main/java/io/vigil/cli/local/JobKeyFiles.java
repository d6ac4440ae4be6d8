package io.vigil.cli.local;

import io.vigil.cli.CliException;
import io.vigil.cli.KeyFiles;
import io.vigil.model.approval.SigningKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The key pair of a local job, in a folder of its data directory: {@code job.key} and {@code
 * job.pub}. Public keys of before may stand beside them as other {@code .pub} files.
 */
final class JobKeyFiles {
  private static final String NAME = "job";

  private JobKeyFiles() {}

  /**
   * The job's options.
   *
   * @param live whether it signs; a key is made when there is none. One that only obeys needs none.
   */
  static Map<String, String> options(Path folder, boolean live) {
    Map<String, String> options = new LinkedHashMap<>();
    Path secret = KeyFiles.privateFile(folder, NAME);
    if (live) {
      if (!Files.exists(secret)) {
        KeyFiles.write(folder, NAME, SigningKeys.generate());
      }
      options.put("vigil.control.job-key", secret.toUri().toString());
    }
    if (Files.isDirectory(folder)) {
      options.put("vigil.control.job-keys", publicKeys(folder));
    }
    return options;
  }

  private static String publicKeys(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".pub"))
          .sorted()
          .map(KeyFiles::readPublic)
          .map(JobKeyFiles::base64)
          .collect(Collectors.joining(";"));
    } catch (IOException e) {
      throw new CliException("cannot read " + folder + ": " + e.getMessage(), e);
    }
  }

  private static String base64(PublicKey key) {
    return Base64.getEncoder().encodeToString(SigningKeys.raw(key));
  }
}
