#include "eval/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>

#include "../base/testing.h"
#include "eval/task_list.h"
#include "eval/task_run.h"
#include "eval/task_view.h"

namespace gradus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tests::message_of;

const std::string kTask = R"(task: made
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "Q: {{question}}\nA:"
doc_to_target: right
doc_to_choice: "{{options}}"
metric_list: [{metric: acc}]
)";

class Tasks : public testing::Test {
 protected:
  tests::Directory home;
  Task task(const std::string& text) { return read_task(parse_yaml(text, "made.yaml"), "made.yaml"); }
  std::string fault(const std::string& text) {
    return message_of([&] { task(text); });
  }
  std::vector<Item> items(const std::string& text, const std::string& rows, const std::string& file = "rows.jsonl") {
    write_file(home / file, rows);
    return read_items(task(text), home.path);
  }
  std::string row_fault(const std::string& text, const std::string& rows) {
    return message_of([&] { items(text, rows); });
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }
};

TEST_F(Tasks, RowsBecomeContextsChoicesAndTheRightOne) {
  const auto all = items(kTask, R"({"question": "up?", "options": ["yes", "no"], "right": 1}

{"question": "é?", "options": ["a", "b", "c"], "right": "c"})");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].contexts, ElementsAre("Q: up?\nA:"));
  EXPECT_THAT(all[0].continuations, ElementsAre(" yes", " no"));
  EXPECT_THAT(all[0].gold, ElementsAre(1));
  EXPECT_THAT(all[1].gold, ElementsAre(2));
  EXPECT_EQ(all[1].line, 3);
}

TEST_F(Tasks, OptionsMayBeContexts) {
  const std::string text = replaced(replaced(kTask, "\"Q: {{question}}\\nA:\"", "right"), "doc_to_target: right",
                                    "doc_to_target: \"{{question}}\"\ntarget_delimiter: \"\"");
  const auto all = items(text, R"({"question": " went.", "options": ["He", "She"], "right": 1})");
  EXPECT_THAT(all[0].contexts, ElementsAre("He", "She"));
  EXPECT_THAT(all[0].continuations, ElementsAre(" went."));
  EXPECT_THAT(all[0].gold, ElementsAre(1));
}

TEST_F(Tasks, AChangedFileIsAFaultWithItsMend) {
  EXPECT_THAT(fault(replaced(kTask, "doc_to_text", "doc_to_txt")),
              testing::AllOf(HasSubstr("made.yaml"), HasSubstr("doc_to_txt"), HasSubstr("doc_to_text")));
  EXPECT_THAT(fault(replaced(kTask, "multiple_choice", "choice")), HasSubstr("loglikelihood_rolling"));
  EXPECT_THAT(fault(replaced(kTask, "metric: acc", "metric: accuracy")), HasSubstr("known are acc, acc_norm"));
  EXPECT_THAT(fault(replaced(kTask, "\"Q: {{question}}\\nA:\"", "!function utils.prompt")),
              testing::AllOf(HasSubstr("!function utils.prompt"), HasSubstr("a template over the row's fields")));
  EXPECT_THAT(fault(kTask + "process_docs: !function utils.clean\n"), HasSubstr("'where' for rows to keep"));
  EXPECT_THAT(fault(replaced(kTask, "{{question}}", "{{question | uper}}")), HasSubstr("unknown filter 'uper'"));
  EXPECT_THAT(fault(replaced(kTask, "test_split: test", "test_split: dev")), HasSubstr("no file for the split 'dev'"));
  EXPECT_THAT(fault(kTask + "filter_list: [{name: tidy, filter: [{function: lowercse}]}]\n"),
              HasSubstr("line 9: unknown filter 'lowercse'"));
  EXPECT_THAT(fault(replaced(kTask, "metric: acc", "metric: acc, regexes_to_ignore: ['(']")),
              HasSubstr("cannot use the pattern '('"));
  EXPECT_THAT(fault(kTask + "gen_prefix: x\n"), HasSubstr("put it into doc_to_text"));
}

TEST_F(Tasks, AFaultyRowIsNamedByItsLine) {
  EXPECT_THAT(row_fault(kTask, "{\"question\": \"a\", \"options\": [\"x\"], \"right\": 0}\n{\"question\": \n"),
              testing::AllOf(HasSubstr("rows.jsonl"), HasSubstr("line 2")));
  EXPECT_THAT(row_fault(kTask, "{\"qestion\": \"a\", \"options\": [\"x\"], \"right\": 0}"),
              testing::AllOf(HasSubstr("line 1"), HasSubstr("'question' is undefined (did you mean 'qestion'?)")));
  EXPECT_THAT(row_fault(kTask, "{\"question\": \"a\", \"options\": [\"x\"], \"right\": 4}"),
              HasSubstr("none of the 1 choices"));
  EXPECT_THAT(row_fault(kTask, "[1]"), HasSubstr("a row is a mapping"));
  EXPECT_THAT(row_fault(kTask, "\n\n"), HasSubstr("it has no row"));
  EXPECT_THAT(row_fault(kTask, "{\"question\": \"\xff\"}"), HasSubstr("not UTF-8"));
  EXPECT_THAT(message_of([&] { read_items(task(replaced(kTask, "rows.jsonl", "gone.jsonl")), home.path); }),
              HasSubstr("no such file"));
}

TEST_F(Tasks, TablesListsAndCompressedFilesAreReadToo) {
  const auto rows_of = [&](const std::string& name, const std::string& bytes) {
    write_file(home / name, bytes);
    return read_rows(home / name);
  };
  const auto csv = rows_of("a.csv", "id,text,n\n1,\"a, \"\"b\"\"\nc\",3\n2,plain,\n");
  EXPECT_EQ(csv[0].values, (nlohmann::ordered_json{{"id", 1}, {"text", "a, \"b\"\nc"}, {"n", "3"}}));
  EXPECT_EQ(csv[1].line, 4);
  EXPECT_EQ(rows_of("a.tsv", "a\tb\r\nx\t\"y\"\r\n")[0].values["b"], "\"y\"");
  EXPECT_EQ(rows_of("a.json", "[{\"a\": 1}, {\"a\": 2}]")[1].values["a"], 2);
  EXPECT_EQ(read_rows(home / "a.tsv", {{"p", "q"}, 1})[0].values["p"], "a");
  gzFile packed = gzopen((home / "b.jsonl.gz").c_str(), "wb");
  gzputs(packed, "{\"a\": 5}\n");
  gzclose(packed);
  EXPECT_EQ(read_rows(home / "b.jsonl.gz")[0].values["a"], 5);
  EXPECT_THAT(message_of([&] { rows_of("c.csv", "a,b\n1,2\n1\n"); }),
              testing::AllOf(HasSubstr("line 3"), HasSubstr("1 fields")));
  EXPECT_THAT(message_of([&] { rows_of("c.csv", "a,b\n\"1,2\n"); }), HasSubstr("a quote is not closed"));
  EXPECT_THAT(message_of([&] { rows_of("c.json", "[{\"a\": 1},\n oops]"); }), HasSubstr("line 2"));
  EXPECT_THAT(message_of([&] { rows_of("c.xml", "x"); }), HasSubstr(".jsonl, .json, .csv or .tsv"));
  const std::string whole = read_file(home / "b.jsonl.gz");
  EXPECT_THAT(message_of([&] { rows_of("d.jsonl.gz", whole.substr(0, whole.size() - 9)); }), HasSubstr("cut short"));
}

TEST_F(Tasks, ExamplesAreThoseThatPythonWouldDraw) {
  // Random(1234).sample(range(10), 4) is 7, 1, 0, 9: row 0 is itself asked and left out, two remain of the first three.
  std::string rows;
  for (int i = 0; i < 10; ++i)
    rows += "{\"question\": \"q" + std::to_string(i) +
            "\", \"options\": [\"a\", \"b\"], \"right\": " + std::to_string(i % 2) + "}\n";
  const auto all = items(kTask + "num_fewshot: 3\n", rows);
  EXPECT_EQ(all[0].contexts[0], "Q: q7\nA: b\n\nQ: q1\nA: b\n\nQ: q9\nA: b\n\nQ: q0\nA:");
  const auto first =
      items(kTask + "num_fewshot: 2\nfewshot_config: {sampler: first_n}\ndescription: \"Answer.\\n\"\n", rows);
  EXPECT_EQ(first[0].contexts[0], "Answer.\nQ: q1\nA: b\n\nQ: q2\nA: a\n\nQ: q0\nA:");
  EXPECT_THAT(row_fault(kTask + "num_fewshot: 10\n", rows), HasSubstr("there are 10 rows"));
  const auto given =
      items(kTask + "num_fewshot: 1\nfewshot_config: {samples: [{question: why, options: [x, y], right: 1}]}\n", rows);
  EXPECT_THAT(
      row_fault(kTask + "num_fewshot: 1\nfewshot_config: {samples: [{question: why, options: [x], right: 1}]}\n", rows),
      HasSubstr("1 is none of the 1 choices"));
  EXPECT_EQ(given[3].contexts[0], "Q: why\nA: y\n\nQ: q3\nA:");
}

TEST_F(Tasks, RowsMayBeLeftOut) {
  const std::string rows =
      "{\"question\": \"a\", \"options\": [\"x\"], \"right\": 0, \"id\": 4}\n"
      "{\"question\": \"b\", \"options\": [\"x\"], \"right\": 0, \"id\": 5}\n";
  EXPECT_EQ(items(kTask + "where: \"{{ question == 'b' }}\"\n", rows)[0].line, 2);
  EXPECT_THAT(row_fault(kTask + "where: \"{{ question }}\"\n", rows), HasSubstr("not True or False"));
  EXPECT_THAT(row_fault(kTask + "where: \"{{ question == 'z' }}\"\n", rows), HasSubstr("no row is left"));
  write_file(home / "keep.json", "{\"mine\": [5, 9]}");
  const std::string keeps = kTask + "keep_file: keep.json\nkeep_list: mine\nkeep_field: id\n";
  EXPECT_EQ(items(keeps, rows)[0].line, 2);
  EXPECT_THAT(row_fault(replaced(keeps, "mine", "yours"), rows), HasSubstr("it has no list 'yours'"));
}

TEST_F(Tasks, GroupsIncludeAndUsersFilesAreFound) {
  write_file(home / "_base.yaml", replaced(kTask, "task: made\n", ""));
  write_file(home / "two.yaml",
             "group: two\ntask:\n  - {include: _base.yaml, task: one}\n  - {include: _base.yaml, task: other, "
             "num_fewshot: 0}\n");
  const TaskGroup group = find_tasks((home / "two.yaml").string());
  EXPECT_EQ(group.name, "two");
  EXPECT_EQ(group.tasks[1].name, "other");
  write_file(home / "odd.yaml", "group: two\ntask: [{include: _bse.yaml, task: one}]\n");
  EXPECT_THAT(message_of([&] { find_tasks((home / "odd.yaml").string()); }), HasSubstr("no file '_bse.yaml'"));
  write_file(home / "odd.yaml", "group: two\ntask: [{include: _base.yaml, task: one}]\nneds: x\n");
  EXPECT_THAT(message_of([&] { find_tasks((home / "odd.yaml").string()); }),
              HasSubstr("line 3: unknown key 'neds' (did you mean 'needs'?)"));
  EXPECT_THAT(message_of([] { find_tasks("arc_esy"); }), HasSubstr("did you mean 'arc_easy'?"));
  EXPECT_EQ(find_tasks("blimp_passive_1").tasks.size(), 1u);
  EXPECT_EQ(find_tasks("blimp_filtered").tasks.size(), 67u);
}

TEST_F(Tasks, TheExampleOfThePageIsReal) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  const std::string page = read_file(Path(std::getenv("GRADUS_SOURCE")) / "data/README.md"),
                    open = "```yml tasks.yaml\n";
  const size_t begin = page.find(open) + open.size();
  const YAML::Node document = parse_yaml(page.substr(begin, page.find("```", begin) - begin), "data/README.md");
  TaskEvaluation value;
  Faults faults("data/README.md");
  read_settings(document, value, faults, "");
  EXPECT_NO_THROW(faults.finish());
  EXPECT_EQ(to_yaml(write_value(value)), to_yaml(document));
}

// Every task that ships renders the rows that ship with it: data/tasks, invented.
TEST_F(Tasks, AllThatShipRenderTheirMadeRows) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  const Path data = Path(std::getenv("GRADUS_SOURCE")) / "data/tasks";
  size_t n = 0;
  std::string shown;
  for (const auto& task : list_tasks()) {
    const TaskGroup group = find_tasks(task.name);
    EXPECT_NE(task.needs, "") << task.name;
    n += !validate_text(group, data).empty();
    shown += show_text(group, data, 2);
  }
  EXPECT_GE(n, 29u);
  EXPECT_EQ(shown, read_file(Path(std::getenv("GRADUS_SOURCE")) / "tests/eval/shown.txt"));
}

}  // namespace
}  // namespace gradus
