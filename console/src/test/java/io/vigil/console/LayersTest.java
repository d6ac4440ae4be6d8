package io.vigil.console;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom. To widen a rule, say why in the commit. */
class LayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.vigil");

  @Test
  void theConsoleKnowsTheContractsAlone() {
    noClasses()
        .that()
        .resideInAPackage("io.vigil.console..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vigil.model..", "io.vigil.job..", "io.vigil.cli..", "org.apache.flink..")
        .check(CLASSES);
  }

  @Test
  void casesKnowNoTopicAndNoPage() {
    noClasses()
        .that()
        .resideInAPackage("io.vigil.console.cases..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vigil.console.web..",
            "io.vigil.console.ingest..",
            "io.vigil.console.view..",
            "io.vigil.console.access..",
            "org.apache.kafka..",
            "io.javalin..")
        .check(CLASSES);
  }

  @Test
  void pagesDoNotReachIntoTopics() {
    noClasses()
        .that()
        .resideInAnyPackage("io.vigil.console.web..", "io.vigil.console.view..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vigil.console.ingest..", "org.apache.kafka..")
        .check(CLASSES);
  }

  @Test
  void noCycles() {
    slices().matching("io.vigil.console.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void timeIsGivenToCases() {
    noClasses()
        .that()
        .resideInAPackage("io.vigil.console.cases..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .check(CLASSES);
  }
}
