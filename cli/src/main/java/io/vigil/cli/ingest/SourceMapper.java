package io.vigil.cli.ingest;

import java.util.List;
import java.util.Set;

/** What can be asked of a mapper about the record that it mapped last. */
interface SourceMapper {

  /** What the record has for each source of the mapping. */
  List<SeenSource> seen();

  /** Places in it that no source names. */
  Set<String> unmapped();
}
