// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kStoryRules = R"(
tale =
  {he="he"}{him="him"}{his="his"}{hero=male_name}{job=male_job}{tale_text}
  {he="she"}{him="her"}{his="her"}{hero=female_name}{job=female_job}{tale_text}
male_job = fisherman | miller | woodcutter | prince | shepherd | baker | soldier | old man | boy | tailor
female_job = princess | old woman | girl | queen | witch | weaver | baker | shepherd | widow | nurse
tale_text =
  {friend=wild_animal}{thing=object}{tint=colour}{home=habitat}= The {cap job} and the {cap friend} =\n\n{tale_opening} {tale_daily}\n\n{tale_meeting} {tale_speech}\n\n{tale_deed} {tale_deed} {tale_reply}\n\n{tale_deed} {tale_end}\n
tale_opening =
  Once upon a time there was {a job} called {hero} who lived near {a quality home}.
  Long ago {a job} lived in a little house in the {home}. {cap his} name was {hero}.
  There was once {a job} who had nothing but {a tint thing}. {cap his} name was {hero}.
tale_daily =
  Every {day_time} {he} {past tale_verb} to the {habitat} and {past take_verb} some {food} home.
  {cap he} had {number_word} {plural farm_animal} and {a colour farm_animal}, and {he} was {feeling}.
  In {season_name} {he} {past take_verb} {food} to the market, and in {season_name} {he} slept.
tale_verb = go | walk | ride | run | come
take_verb = bring | carry | take | send
tale_meeting =
  One {day_time} {he} saw {a friend} under {a tree}.
  One {day_time}, when {hero} was {ing look_verb} for {food}, {a friend} came out of the {home}.
  Then came {a size friend} with {a colour body_part} and {past sit_verb} down in front of {him}.
look_verb = look | search | ask
sit_verb = sit
tale_speech =
  "Give me your {tint} {thing}," said the {friend}, "and I will give you {number_word} {plural object}."
  "Why are you so {feeling}?" asked the {friend}. "Because I have lost my {tint} {thing}," answered {hero}.
  "Do not be {feeling}," said the {friend}. "I know where the {tint} {thing} is."
  "Who are you?" asked {hero}. "I am the {friend} of the {home}," said the {friend}.
tale_deed =
  So the {job} {past take_verb} the {thing} to the {building} and {past give_verb} it to the king.
  {hero} {past tale_verb} through the {home} for {number_word} days and {number_word} nights.
  The {friend} {past find_verb} the {tint} {thing} in the {habitat} and {past give_verb} it to {hero}.
  On the way {he} {past find_verb} {a quality object} and {a colour object}.
  {cap he} {past find_verb} {plural bird} in the {plural tree} and {plural water_animal} in the river.
  At night the {job} {past hear_verb} {a bird} in {a tree}, and {he} was {feeling}.
  When {he} opened the {object}, {he} {past find_verb} {number_word} {colour} {plural flower}.
give_verb = give | show | sell | bring
find_verb = find | see | meet | catch
hear_verb = hear | see | watch
tale_reply =
  "Thank you," said {hero}, and {he} gave the {friend} some {food}.
  "I do not want your {object}," said the king. "I want the {tint} {thing}."
  "Where is my {object}?" cried the {job}, but the {friend} was gone.
tale_end =
  And so {hero} and the {friend} lived in the {home} for many years.
  From that day on the {job} was never {feeling} again.
  The {friend} ran back into the {home}, and {hero} never saw it again.

dialogue =
  {one=female_name}{two=male_name}{place=building}{talk_text}
  {one=male_name}{two=female_name}{place=building}{talk_text}
talk_text =
  {topic=object}{tint=colour}= At the {place} =\n\n{one}: {greeting}\n{two}: {greeting_back}\n{one}: {talk_question}\n{two}: {talk_answer}\n{one}: {talk_question}\n{two}: {talk_answer}\n{one}: {talk_close}\n{two}: {talk_close_back}\n
greeting =
  Good {day_time}, {two}!
  Hello, {two}! How are you?
  {two}! What are you doing here?
greeting_back =
  Good {day_time}, {one}. I am waiting for the {farm_animal}.
  Hello, {one}. I am {feeling} today.
  I came here on {weekday} to see the {place}.
talk_question =
  Have you seen my {tint} {topic}?
  When does the {place} open?
  How many {plural object} do you have?
  What did you do on {weekday}?
  Do you know {male_name} {surname}?
  Is the {topic} {colour} or {colour}?
  Where did you buy the {topic}?
talk_answer =
  Yes, I saw it near the {building}.
  No, I have not. Ask {female_name}.
  I have {number_word} {plural object} and {a colour object}.
  It opens at {number 7 11} o'clock in the {day_time}.
  The {topic} is {colour}, I think.
  I bought it in {city} for {number 2 90} pounds.
  On {weekday} I went to {town_name} with my {farm_animal}.
  He is {a relative_job} from {city}.
talk_close =
  Thank you. I must go to the {building} now.
  Then I will come back on {weekday}.
  Give me the {topic}, please.
talk_close_back =
  Goodbye, {one}!
  See you on {weekday}, {one}.
  Here is the {topic}. Goodbye!

recipe =
  {main=recipe_main}{side=recipe_side}{dish=recipe_dish}= {cap main side dish} =\n\nIngredients:\n\n- {number 100 900} grams of {main}\n- {number_word} {plural vegetable}\n- {number 2 9} spoons of {side}\n- {ingredient}\n\nMethod: {recipe_step} {recipe_step} {recipe_last}\n
recipe_main = potato | fish | chicken | mushroom | bean | rice | onion | cabbage
recipe_side = butter | cream | honey | oil | milk | wine
recipe_dish = soup | pie | stew | salad
vegetable = onion | carrot | potato | tomato | mushroom | apple | lemon | egg
ingredient = salt and pepper | a little salt | a cup of water | a cup of {recipe_side} | some {food}
recipe_step =
  Cut the {plural vegetable} and put them into {a vessel} with the {side}.
  Cook the {main} for {number 5 60} minutes over a low fire.
  Add the {side} and stir for {number 2 9} minutes.
  Wash the {plural vegetable} in cold water.
vessel = pan | pot | bowl | dish
recipe_last =
  Serve the {dish} hot with {food}.
  Let the {dish} rest for {number 5 60} minutes before you serve it with {food}.

book_article =
  {he="he"}{his="his"}{author=male_name}{book_text}
  {he="she"}{his="her"}{author=female_name}{book_text}
book_text =
  {last=surname}{book=book_title}{year=number 1820 2005}{sort=book_kind}{home=nationality}= {book} =\n\n{book_opening} {book_reception}\n\n== Plot ==\n\n{who=female_name}{plot_line} {plot_line} {plot_line}\n\n== Reception ==\n\n{book_quote} {book_later}\n
book_title = The {cap quality} {cap building} | The {cap colour} {cap object} | The {cap habitat} of {female_name} {surname} | {cap season_name} in {city} | The {cap relative_job} of {city} | {cap number_word} {cap plural bird}
book_kind = novel | play | film | opera | collection of stories | collection of poems
book_opening =
  {book} is {a sort} by the {home} writer {author} {last}, first shown to the public in {year}.
  {book} is {a home sort} of {year}, written by {author} {last}.
  In {year} the {home} writer {author} {last} finished {book}, {a sort} about {a relative_job} in {city}.
book_reception =
  It is {his} {ordinal_word} {sort} and {his} most {praise} one.
  {cap he} wrote it in {city} in only {number_word} months.
  The {sort} was {praise} in {country} but not in {country}.
plot_line =
  {who}, {a relative_job} from {town_name}, finds {a colour object} in the {building}.
  {who} falls in love with {a relative_job}, who is called {male_name}.
  In {city} {who} meets {male_name} {surname}, who wants to sell the {object}.
  When the war begins, {who} has to leave the {building}.
  In the end {who} {verbs end_verb} the {object} and {verbs end_verb} the {building}.
end_verb = find | lose | sell | leave | keep | burn | forget
book_quote =
  A critic wrote: "{book} is {praise}, but the end is {quality}."
  The critic {male_name} {surname} called it "the most {praise} {sort} of the year".
book_later =
  In {number year+5 year+60} it was made into a film.
  It was translated into {nationality}, {nationality} and {nationality}.
  {last} never wrote another {sort}.
)";

}  // namespace featurescope::demo
