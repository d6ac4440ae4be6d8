package io.vigil.cli.whatif;

import io.vigil.job.ArtefactSet;
import io.vigil.job.OptionsFile;
import io.vigil.job.VigilOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Main class of the scoring service's process. A process of its own, for native code of a model may
 * crash it.
 *
 * <p>Arguments: the job's options file, the port on 127.0.0.1, the folder in which crashes are
 * remembered. The secret is {@value #SECRET} of the environment. It prints {@code READY port=PORT}
 * once it answers, ends when its standard input ends, and exits with 1 and one line on stderr when
 * it cannot start.
 */
public final class WhatIfMain {
  /** What callers must say. */
  public static final String SECRET = "VIGIL_SCORING_SECRET";

  private static final Logger LOG = LoggerFactory.getLogger(WhatIfMain.class);

  /** Below what the console waits for an answer, two scores and two explanations in it. */
  private static final long PATIENCE_MS = 4_000;

  private WhatIfMain() {}

  @SuppressWarnings("SystemOut") // The ready line is the process's contract with its parent.
  public static void main(String[] args) {
    try {
      Configuration options = OptionsFile.read(Path.of(args[0]));
      options.set(VigilOptions.CRASH_DIR, args[2]);
      String secret = System.getenv().getOrDefault(SECRET, "");
      try (WhatIfService service = new WhatIfService(ArtefactSet.read(options), PATIENCE_MS);
          WhatIfServer server = WhatIfServer.start(service, Integer.parseInt(args[1]), secret)) {
        System.out.println("READY port=" + server.port());
        awaitEndOfInput();
      }
      System.exit(0);
    } catch (IOException | RuntimeException e) {
      LOG.error("the scoring service failed", e);
      System.err.println("scoring: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void awaitEndOfInput() throws IOException {
    byte[] sink = new byte[256];
    while (System.in.read(sink) >= 0) {
      // Nothing is ever sent; only the end counts.
    }
  }
}
