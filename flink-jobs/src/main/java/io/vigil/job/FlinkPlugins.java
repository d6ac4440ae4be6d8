package io.vigil.job;

import org.apache.flink.configuration.ConfigConstants;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.PluginUtils;

/**
 * File systems of Flink's plugins, such as S3, for processes that Flink's own scripts do not start.
 */
public final class FlinkPlugins {
  private FlinkPlugins() {}

  /**
   * Makes the file systems below {@code FLINK_PLUGINS_DIR} known to this JVM, set up by the {@code
   * config.yaml} of {@code FLINK_CONF_DIR} where there is one. Does nothing where the first
   * variable is not set.
   *
   * @param options come before those of the file
   * @throws RuntimeException when a folder or the file cannot be read, naming it
   */
  public static void load(Configuration options) {
    if (System.getenv(ConfigConstants.ENV_FLINK_PLUGINS_DIR) != null) {
      Configuration all = GlobalConfiguration.loadConfiguration();
      all.addAll(options);
      FileSystem.initialize(all, PluginUtils.createPluginManagerFromRootFolder(all));
    }
  }
}
